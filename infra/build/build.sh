#!/bin/sh
# Builds every function for Lambda and lays out a deployable folder per architecture: target/lambda/<architecture>.
# Packages that it is given are built after them, since their features would make the functions larger: build.sh engine.
set -eu
cd "$(dirname "$0")/../.."
infra/local/install.sh build
PATH=$PWD/.local/venv/bin:$PATH

packages=
for manifest in functions/*/Cargo.toml functions/connectors/*/Cargo.toml; do
    packages="$packages --package $(basename "$(dirname "$manifest")")"
done

built=
for architecture in arm64:aarch64 x86_64:x86_64; do
    target=${architecture#*:}-unknown-linux-gnu
    architecture=${architecture%:*}
    rm -rf "target/lambda/$architecture" # a skipped architecture leaves no older build behind
    if [ ! -d "$(rustc --print target-libdir --target "$target")" ]; then
        echo "Not built for $architecture: this Rust lacks its standard library (rustup target add $target)." >&2
        continue
    fi
    python3 infra/build/console.py build # the console function contains the web app
    build() {
        cargo lambda build --release --target "$target" --output-format zip --lambda-dir "target/lambda/$architecture" "$@"
    }
    # shellcheck disable=SC2086 # a list of arguments
    build $packages
    for package in "$@"; do
        build --package "$package"
    done
    python3 infra/build/apps.py "target/lambda/$architecture"
    cp infra/template.yaml "target/lambda/$architecture/"
    built="$built $architecture"
done
[ -n "$built" ] || exit 1
echo "Built for$built. Deploy with: make deploy ARCH=${built##* }"
