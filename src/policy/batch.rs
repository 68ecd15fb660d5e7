//! Rows of a batch, packed: prompts that several rows share appear once, nothing is padded.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    PolicyError, PreparedImage, Result,
    encoded::Encoded,
    ops::{Gather, Segment},
    rope::{Position, positions},
};

/// One sequence of a batch: logits are wanted for every token of the response.
#[derive(Clone, Debug)]
pub struct Row {
    pub prompt: Arc<Encoded>,
    pub response: Vec<u32>,
}

/// What the language model computes in one pass.
pub struct Batch {
    /// Embedding row of every packed token; [`Gather::NONE`] at image tokens.
    pub embed: Arc<Gather>,
    /// Row of the image features of every packed token; [`Gather::NONE`] at text.
    pub image: Arc<Gather>,
    pub positions: Vec<Position>,
    pub segments: Arc<[Segment]>,
    /// Packed tokens behind which logits are wanted, each once.
    pub select: Vec<u32>,
    /// For each wanted logit its place in `select`.
    pub logits: Vec<u32>,
}

/// The pictures of a batch, each once, and where their features begin.
#[derive(Default)]
pub struct Images {
    pub list: Vec<Arc<PreparedImage>>,
    first: BTreeMap<String, usize>,
    total: usize,
}

impl Images {
    /// The distinct pictures of some prompts, in order of appearance.
    pub fn of<'a>(prompts: impl Iterator<Item = &'a Encoded>) -> Self {
        let mut images = Self::default();
        for image in prompts.flat_map(|prompt| &prompt.images) {
            if !images.first.contains_key(image.key()) {
                images.first.insert(image.key().to_string(), images.total);
                images.total += image.tokens();
                images.list.push(image.clone());
            }
        }
        images
    }

    /// Row of a picture's first feature.
    pub fn first(&self, image: &PreparedImage) -> Option<usize> {
        self.first.get(image.key()).copied()
    }
}

/// A token sequence with its positions and, for image tokens, its rows of features.
struct Placed {
    positions: Vec<Position>,
    next: u32,
    features: Vec<u32>,
}

fn place(prompt: &Encoded, image_token: u32, images: &Images) -> Result<Placed> {
    let grids: Vec<_> = prompt.images.iter().map(|image| image.merged_grid()).collect();
    let (positions, next) = positions(&prompt.tokens, image_token, &grids)?;
    let mut rows = Vec::new();
    for image in &prompt.images {
        let first =
            images.first(image).ok_or_else(|| PolicyError::input("an image has no features in this pass"))?;
        rows.extend((first..first + image.tokens()).map(|row| row as u32));
    }
    let mut rows = rows.into_iter();
    let feature =
        |&token: &u32| if token == image_token { rows.next().unwrap_or(Gather::NONE) } else { Gather::NONE };
    let features = prompt.tokens.iter().map(feature).collect();
    Ok(Placed { positions, next, features })
}

#[derive(Default)]
struct Builder {
    embed: Vec<u32>,
    image: Vec<u32>,
    positions: Vec<Position>,
    segments: Vec<Segment>,
    select: Vec<u32>,
    logits: Vec<u32>,
}

impl Builder {
    /// Adds a run of tokens as the continuation of the last segment.
    fn push(&mut self, tokens: &[u32], features: &[u32], positions: &[Position]) {
        for (&token, &feature) in tokens.iter().zip(features) {
            self.embed.push(if feature == Gather::NONE { token } else { Gather::NONE });
            self.image.push(feature);
        }
        self.positions.extend_from_slice(positions);
        if let Some(segment) = self.segments.last_mut() {
            segment.len += tokens.len();
        }
    }

    fn push_response(&mut self, tokens: &[u32], next: u32) {
        let positions: Vec<Position> = (0..tokens.len() as u32).map(|i| [next + i; 3]).collect();
        self.push(tokens, &vec![Gather::NONE; tokens.len()], &positions);
    }

    fn open(&mut self, prefix: Option<usize>) -> usize {
        self.segments.push(Segment { start: self.embed.len(), len: 0, prefix });
        self.segments.len() - 1
    }

    /// Asks for the logits behind a packed token.
    fn want(&mut self, token: usize) -> u32 {
        self.select.push(token as u32);
        self.select.len() as u32 - 1
    }
}

impl Batch {
    /// Packs rows; the logits come in the order of rows and response tokens. An image placeholder in a *response* (a policy
    /// may sample one) is a token like any other, as it is for the sampler.
    ///
    /// # Errors
    /// For an empty prompt, and where images and image tokens of a prompt do not match.
    pub fn pack(rows: &[Row], image_token: u32, images: &Images) -> Result<Self> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut seen: BTreeMap<(&[u32], Vec<&str>), usize> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let key =
                (row.prompt.tokens.as_slice(), row.prompt.images.iter().map(|image| image.key()).collect());
            let group = *seen.entry(key).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(index);
        }
        let mut wanted = vec![Vec::new(); rows.len()];
        let mut builder = Builder::default();
        for group in groups {
            add_group(&mut builder, rows, &group, image_token, images, &mut wanted)?;
        }
        builder.logits = wanted.concat();
        Ok(Self {
            embed: Gather::rows(builder.embed),
            image: Gather::rows(builder.image),
            positions: builder.positions,
            segments: builder.segments.into(),
            select: builder.select,
            logits: builder.logits,
        })
    }

    /// Some sequences, with logits behind every token.
    pub fn whole(prompts: &[Encoded], image_token: u32, images: &Images) -> Result<Self> {
        let mut builder = Builder::default();
        for prompt in prompts {
            let placed = place(prompt, image_token, images)?;
            builder.open(None);
            builder.push(&prompt.tokens, &placed.features, &placed.positions);
        }
        let all: Vec<u32> = (0..builder.embed.len() as u32).collect();
        Ok(Self {
            embed: Gather::rows(builder.embed),
            image: Gather::rows(builder.image),
            positions: builder.positions,
            segments: builder.segments.into(),
            select: all.clone(),
            logits: all,
        })
    }

    /// Number of packed tokens.
    pub fn len(&self) -> usize {
        self.positions.len()
    }
}

/// Adds the rows of one prompt: alone in one segment, or as a shared segment and one for each response.
fn add_group(
    builder: &mut Builder,
    rows: &[Row],
    group: &[usize],
    image_token: u32,
    images: &Images,
    wanted: &mut [Vec<u32>],
) -> Result<()> {
    let prompt = &rows[group[0]].prompt;
    if prompt.tokens.is_empty() {
        return Err(PolicyError::input("a prompt has no tokens"));
    }
    let placed = place(prompt, image_token, images)?;
    let root = builder.open(None);
    builder.push(&prompt.tokens, &placed.features, &placed.positions);
    let last = builder.want(builder.embed.len() - 1);
    for &row in group {
        let Some((_, read)) = rows[row].response.split_last() else { continue };
        if group.len() > 1 && !read.is_empty() {
            builder.open(Some(root));
        }
        let start = builder.embed.len();
        builder.push_response(read, placed.next);
        wanted[row].push(last);
        for token in start..start + read.len() {
            let place = builder.want(token);
            wanted[row].push(place);
        }
    }
    Ok(())
}
