# The one door. `./just` works where just itself is not installed.

set positional-arguments

# what there is
default:
    @just --justfile {{justfile()}} --list --unsorted

# train as a recipe says: ./just run recipes/design2code.toml train.steps=20
[no-exit-message]
run recipe *args:
    @scripts/bootstrap "$(scripts/domain-of "$@")"
    @cargo build --bin galley
    @cargo run -q --bin galley -- run "$@"

# go on with a run that was stopped
[no-exit-message]
resume *args:
    @cargo build --bin galley
    @cargo run -q --bin galley -- resume "$@"

# any other command: ./just galley compare A B
[no-exit-message]
galley *args:
    @cargo run -q --bin galley -- "$@"

# all tests, or those that match
test *args:
    @scripts/bootstrap web || true
    @scripts/bootstrap charts || true
    @scripts/bootstrap slides || true
    @scripts/bootstrap mlflow || true
    @scripts/test "$@"

# the metrics as a Python module, built and checked: ./just python [folder to put it in]
python *args:
    @scripts/python "$@"

# formatting, lints, and what may depend on what
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings -D clippy::iter_over_hash_type
    scripts/layering

# what continuous integration runs
ci: check test

# every ported number against goldens of the original programs: ./just parity FOLDER
[no-exit-message]
parity folder *args:
    @cargo run -q --bin galley -- parity "$@"

# how fast it is here, in CPU time: ./just bench policy|web-metrics|web-render|charts|slides|store|rest
[no-exit-message]
bench *args:
    @scripts/bench "$@"

# the program for GPUs, built on a machine with or without one; says what the target machine needs
cuda *args:
    @scripts/cuda "$@"

# this machine's GPU: does it build, does it compute what the CPU does, how fast is it beside PyTorch
gpu-check *args:
    @scripts/gpu-check "$@"

# a package that renders, is law-tested and trains
new-domain name:
    @cargo run -q --bin galley -- new-domain "$1"
    @cargo fmt --all

# what of the outside world is there, and how to get the rest
[no-exit-message]
doctor *args:
    @cargo run -q --bin galley -- doctor "$@"
