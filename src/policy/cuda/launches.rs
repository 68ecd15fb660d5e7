//! Which kernel is started with which grid and arguments. Pure: pointers are numbers here.

/// The type of a kernel's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    F32,
    Bf16,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::Bf16 => "bf16",
        }
    }
}

/// An argument, in the order of the kernel's parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    /// Address of a buffer where the kernel runs.
    Pointer(u64),
    Int(i32),
    Unsigned(u32),
    Float(f32),
}

/// One start of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    pub kernel: String,
    pub grid: [u32; 3],
    pub block: u32,
    pub args: Vec<Arg>,
}

/// Query heads of one key head that a block serves at once.
const AT_ONCE: usize = 4;
/// Blocks that keep a large GPU busy: four for each of its processors.
const BLOCKS: usize = 4 * 132;
/// A split has at least so many columns, and a lane at most so many splits.
const LEAST: usize = 128;
const MOST: usize = 32;

/// The shape of a step's attention: one new token for each lane.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub lanes: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
    /// Columns of the cache, and those in use.
    pub capacity: usize,
    pub columns: usize,
}

impl Shape {
    /// Into how many parts every lane's columns are split, so that few lanes keep all processors busy too.
    pub fn splits(&self) -> usize {
        let wanted = BLOCKS.div_ceil((self.lanes * self.heads.div_ceil(AT_ONCE)).max(1));
        wanted.min(self.columns / LEAST).clamp(1, MOST)
    }

    /// Floats that splits leave behind.
    pub fn partial(&self) -> usize {
        if self.splits() == 1 { 0 } else { self.lanes * self.heads * self.splits() * (self.dim + 2) }
    }
}

/// Buffers of attention: query, keys, values, first columns, result, what splits leave.
#[derive(Clone, Copy, Debug)]
pub struct AttendBuffers {
    pub query: u64,
    pub keys: u64,
    pub values: u64,
    pub first: u64,
    pub out: u64,
    pub partial: u64,
}

/// Attention, and with several splits their merging.
pub fn attend(kind: Kind, shape: Shape, at: AttendBuffers) -> Vec<Launch> {
    let splits = shape.splits();
    let scale = 1.0 / (shape.dim as f32).sqrt();
    let group = (shape.heads / shape.kv_heads).div_ceil(AT_ONCE);
    let pointers = [at.query, at.keys, at.values, at.first, at.out, at.partial].map(Arg::Pointer);
    let numbers = [shape.heads, shape.kv_heads, shape.capacity, shape.columns, splits].map(int);
    let mut launches = vec![Launch {
        kernel: format!("attend_{}_{}", kind.name(), shape.dim),
        grid: [(shape.lanes * shape.kv_heads) as u32, splits as u32, group as u32],
        block: 128,
        args: [&pointers[..], &numbers, &[Arg::Float(scale)]].concat(),
    }];
    if splits > 1 {
        launches.push(Launch {
            kernel: format!("merge_{}", kind.name()),
            grid: [(shape.lanes * shape.heads) as u32, 1, 1],
            block: 64,
            args: vec![Arg::Pointer(at.partial), Arg::Pointer(at.out), int(shape.dim), int(splits)],
        });
    }
    launches
}

/// `y = norm of x [rows, width]`.
pub fn rms_norm(kind: Kind, rows: usize, width: usize, eps: f32, [x, weight, y]: [u64; 3]) -> Launch {
    Launch {
        kernel: format!("rms_norm_{}", kind.name()),
        grid: [rows as u32, 1, 1],
        block: width.div_ceil(4).next_multiple_of(32).clamp(32, 512) as u32,
        args: vec![Arg::Pointer(x), Arg::Pointer(weight), Arg::Pointer(y), int(width), Arg::Float(eps)],
    }
}

/// Heads of `x [tokens, heads · 2 · half]` normed and rotated: x, weight, cosines, sines, result.
pub fn norm_rotate(kind: Kind, [tokens, heads, half]: [usize; 3], eps: f32, buffers: [u64; 5]) -> Launch {
    let count = tokens * heads;
    let numbers = [int(heads), int(half), int(count), Arg::Float(eps)];
    Launch {
        kernel: format!("norm_rotate_{}", kind.name()),
        grid: [count.div_ceil(4) as u32, 1, 1],
        block: 128,
        args: [&buffers.map(Arg::Pointer)[..], &numbers].concat(),
    }
}

/// `y = silu(gate) · up`, `count` numbers.
pub fn swiglu(kind: Kind, count: usize, buffers: [u64; 3]) -> Launch {
    Launch {
        kernel: format!("swiglu_{}", kind.name()),
        grid: [count.div_ceil(256) as u32, 1, 1],
        block: 256,
        args: [&buffers.map(Arg::Pointer)[..], &[Arg::Unsigned(count as u32)]].concat(),
    }
}

/// How rows of logits are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub rows: usize,
    pub vocab: usize,
    /// 0 takes the most likely token.
    pub temperature: f32,
    pub top_k: usize,
    pub top_p: f32,
}

/// A token of each row: logits, uniform numbers in f64, result `[rows, 3]` in f32.
pub fn draw(kind: Kind, how: Draw, block: u32, buffers: [u64; 3]) -> Launch {
    let scale = if how.temperature <= 0.0 { 0.0 } else { 1.0 / how.temperature };
    let numbers = [int(how.vocab), Arg::Float(scale), int(how.top_k), Arg::Float(how.top_p)];
    Launch {
        kernel: format!("draw_{}", kind.name()),
        grid: [how.rows as u32, 1, 1],
        block,
        args: [&buffers.map(Arg::Pointer)[..], &numbers].concat(),
    }
}

fn int(number: usize) -> Arg {
    Arg::Int(i32::try_from(number).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(lanes: usize, columns: usize) -> Shape {
        Shape { lanes, heads: 32, kv_heads: 8, dim: 128, capacity: columns + 100, columns }
    }

    #[test]
    fn few_long_lanes_are_split_and_many_are_not() {
        assert_eq!(
            [shape(1, 4000), shape(8, 4000), shape(64, 4000), shape(8, 100)].map(|s| s.splits()),
            [31, 9, 2, 1]
        );
        assert_eq!(shape(8, 100).partial(), 0);
        assert_eq!(shape(64, 4000).partial(), 64 * 32 * 2 * 130);
    }

    #[test]
    fn a_step_is_one_launch_or_two() {
        let at = AttendBuffers { query: 1, keys: 2, values: 3, first: 4, out: 5, partial: 6 };
        let one = attend(Kind::Bf16, shape(8, 100), at);
        assert_eq!((one.len(), one[0].kernel.as_str(), one[0].grid), (1, "attend_bf16_128", [64, 1, 1]));
        let two = attend(Kind::F32, Shape { heads: 48, ..shape(8, 4000) }, at);
        assert_eq!((two.len(), two[0].grid[2], two[1].kernel.as_str()), (2, 2, "merge_float"));
    }
}
