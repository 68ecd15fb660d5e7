//! The graph of an experiment: what runs, in which order, and how to recognise it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use galley_core::Registry;
use petgraph::{
    algo::toposort,
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef,
};

use super::{ExperimentError, Spec};
use crate::recipe::{self, Recipe, Sources};

/// One run of an experiment.
#[derive(Clone, Debug)]
pub struct Node {
    pub stage: String,
    pub seed: u64,
    pub recipe: Recipe,
    /// BLAKE3 over the recipe's values and the hash of the node it begins from: equal for runs that are the same.
    pub hash: String,
}

/// An experiment file with every run that it asks for.
#[derive(Debug)]
pub struct Plan {
    /// The file's stem.
    pub name: String,
    pub path: PathBuf,
    pub spec: Spec,
    /// Edges go from a node to those that begin from it.
    graph: DiGraph<Node, ()>,
    /// Parents first.
    order: Vec<NodeIndex>,
}

impl Plan {
    /// Reads the experiment at `path` and resolves the recipe of every node. `sources` gives what comes from outside the
    /// files; the settings of the experiment are weaker than its overrides.
    ///
    /// # Errors
    /// A mistake in the experiment or in a recipe, with its place; stages that begin from each other in a circle.
    pub fn read(path: &Path, sources: &Sources, registry: &Registry) -> Result<Self, ExperimentError> {
        let spec = Spec::read(path)?;
        let stages = stage_order(&spec).map_err(|stage| ExperimentError::Invalid {
            path: path.to_owned(),
            message: format!("stage `{stage}` begins from itself, through `from`"),
        })?;
        let mut graph: DiGraph<Node, ()> = DiGraph::new();
        let mut known: BTreeMap<(String, u64), NodeIndex> = BTreeMap::new();
        for stage in &stages {
            for seed in spec.seeds_of(&spec.stages[stage]) {
                let recipe = resolve(path, &spec, stage, seed, sources, registry)?;
                let of = &spec.stages[stage];
                let begun = of.from_seed.unwrap_or(seed);
                let parent = match &of.from {
                    Some(from) => Some(*known.get(&(from.clone(), begun)).ok_or_else(|| {
                        let message = format!("`stages.{stage}`: `{from}` does not run for seed {begun}");
                        ExperimentError::Invalid { path: path.to_owned(), message }
                    })?),
                    None => None,
                };
                let hash = hash(&recipe, parent.map(|parent: NodeIndex| graph[parent].hash.as_str()));
                let node = graph.add_node(Node { stage: stage.clone(), seed, recipe, hash });
                if let Some(parent) = parent {
                    graph.add_edge(parent, node, ());
                }
                known.insert((stage.clone(), seed), node);
            }
        }
        let order = graph.node_indices().collect();
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, path: path.to_owned(), spec, graph, order })
    }

    /// All nodes, parents first.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.order.iter().map(|&index| &self.graph[index])
    }

    /// The node that this one begins from.
    pub fn parent(&self, node: &Node) -> Option<&Node> {
        let index = self.order.iter().find(|&&index| self.graph[index].hash == node.hash)?;
        let mut edges = self.graph.edges_directed(*index, petgraph::Direction::Incoming);
        edges.next().map(|edge| &self.graph[edge.source()])
    }

    /// Stages, those that others begin from first.
    pub fn stages(&self) -> Vec<&str> {
        let mut stages: Vec<&str> = Vec::new();
        for node in self.nodes() {
            if !stages.contains(&node.stage.as_str()) {
                stages.push(&node.stage);
            }
        }
        stages
    }
}

/// Stages in topological order; `Err` with a stage of the circle.
fn stage_order(spec: &Spec) -> Result<Vec<String>, String> {
    let mut graph = DiGraph::new();
    let nodes: BTreeMap<&str, NodeIndex> =
        spec.stages.keys().map(|stage| (stage.as_str(), graph.add_node(stage.clone()))).collect();
    for (stage, of) in &spec.stages {
        if let Some(from) = &of.from {
            graph.add_edge(nodes[from.as_str()], nodes[stage.as_str()], ());
        }
    }
    match toposort(&graph, None) {
        Ok(order) => Ok(order.into_iter().map(|index| graph[index].clone()).collect()),
        Err(cycle) => Err(graph[cycle.node_id()].clone()),
    }
}

fn resolve(
    path: &Path,
    spec: &Spec,
    stage: &str,
    seed: u64,
    sources: &Sources,
    registry: &Registry,
) -> Result<Recipe, ExperimentError> {
    let of = &spec.stages[stage];
    let file = path.parent().unwrap_or(Path::new("")).join(of.recipe.as_ref().unwrap_or(&spec.recipe));
    let mut all = sources.clone();
    all.profile = all.profile.or_else(|| spec.profile.clone());
    let own = spec.set.iter().chain(&of.set).cloned();
    let seed = [format!("seed={seed}"), format!("name={:?}", format!("{stage}-{seed}"))];
    all.overrides = own.chain(seed).chain(sources.overrides.iter().cloned()).collect();
    recipe::load(&file, &all, registry).map_err(|source| ExperimentError::Recipe {
        path: path.to_owned(),
        stage: stage.to_owned(),
        source,
    })
}

fn hash(recipe: &Recipe, parent: Option<&str>) -> String {
    let text = format!("{} {}", recipe.hash(), parent.unwrap_or("-"));
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(stages: &str) -> Result<Plan, ExperimentError> {
        let dir = tempfile::tempdir().expect("dir");
        let toy = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml");
        let head = format!("question='q'\nprediction='p'\nrecipe={toy:?}\nseeds=[1,2]\nbaseline='warm'\n");
        let path = dir.path().join("study.toml");
        std::fs::write(&path, head + stages).expect("written");
        Plan::read(&path, &Sources::default(), &crate::domains::builtin())
    }

    const LADDER: &str = "[stages.warm]\nset=['train.steps=0']\n[stages.a]\nfrom='warm'\n[stages.b]\nfrom='warm'\nset=['train.lr=1e-5']\n";

    fn hashes(plan: &Plan, stage: &str) -> Vec<String> {
        plan.nodes().filter(|node| node.stage == stage).map(|node| node.hash.clone()).collect()
    }

    #[test]
    fn parents_come_first_and_every_stage_runs_for_every_seed() {
        let plan = plan(LADDER).expect("a plan");
        assert_eq!(plan.nodes().count(), 6);
        assert_eq!(plan.stages()[0], "warm");
        let child = plan.nodes().find(|node| node.stage == "b" && node.seed == 2).expect("a node");
        let parent = plan.parent(child).expect("a parent");
        assert_eq!((parent.stage.as_str(), parent.seed), ("warm", 2));
    }

    #[test]
    fn a_change_is_seen_by_what_begins_from_it_and_by_nothing_else() {
        let (before, sibling) = (plan(LADDER).expect("a plan"), LADDER.replace("1e-5", "2e-5"));
        let changed = plan(&sibling).expect("a plan");
        assert_eq!(hashes(&before, "a"), hashes(&changed, "a"));
        assert_ne!(hashes(&before, "b"), hashes(&changed, "b"));
        let changed = plan(&LADDER.replace("steps=0'", "steps=0', 'warm-start.lr=1e-4'")).expect("a plan");
        assert_ne!(hashes(&before, "warm"), hashes(&changed, "warm"));
        assert_ne!(hashes(&before, "a"), hashes(&changed, "a"));
    }

    #[test]
    fn seeds_may_share_the_run_that_they_begin_from() {
        let shared = "[stages.warm]\nseeds=[7]\n[stages.a]\nfrom='warm'\nfrom-seed=7\n";
        let study = plan(shared).expect("a plan");
        assert_eq!(study.nodes().map(|node| node.seed).collect::<Vec<_>>(), [7, 1, 2]);
        assert!(study.nodes().skip(1).all(|node| study.parent(node).is_some_and(|warm| warm.seed == 7)));
        let error = plan(&shared.replace("from-seed=7", "from-seed=8")).expect_err("no such run");
        assert!(error.to_string().contains("`warm` does not run for seed 8"), "{error}");
    }

    #[test]
    fn a_circle_is_a_mistake() {
        let error = plan("[stages.warm]\nfrom='a'\n[stages.a]\nfrom='warm'\n").expect_err("a circle");
        assert!(error.to_string().contains("begins from itself"), "{error}");
    }
}
