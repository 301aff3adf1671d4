#!/usr/bin/env bash
# Makes a fresh machine ready for otograd: Bun, the packages of bun.lock, and, only where no GPU can be used, a
# Vulkan driver that computes on the CPU. Wants npm and nothing else. Run it as often as you like: it does what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

BUN_VERSION=1.4.5 # package.json's "engines" says the same
export HOME="${HOME:-$(echo ~)}"
USER_PREFIX="$HOME/.local"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

# quietly COMMAND…: its output is shown only where it fails
quietly() {
  "$@" >"$work/log" 2>&1 && return
  tail -n 25 "$work/log" >&2
  return 1
}

# ---------------------------------------------------------------------------------------------------------------- Bun

new_enough() {
  local version
  version=$("$1" --version 2>/dev/null) && printf '%s\n' "$BUN_VERSION" "$version" | sort -V -C
}

# The first Bun that is new enough, into $bun
find_bun() {
  local candidate
  hash -r
  for candidate in "$(command -v bun || true)" "$(npm config get prefix 2>/dev/null || true)/bin/bun" \
    "$USER_PREFIX/bin/bun" "$HOME/.bun/bin/bun"; do
    if [ -x "$candidate" ] && new_enough "$candidate"; then
      bun=$candidate
      return
    fi
  done
  return 1
}

can_write() {
  local path=$1
  until [ -e "$path" ]; do path=$(dirname "$path"); done
  [ -w "$path" ]
}

on_path() { [[ ":$PATH:" == *":$1:"* ]]; }

# As root where there is a way to be root without a question; false where there is none
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}
is_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# npm's own global folder where it is ours to write, else the user's; as root only where the user's is not on PATH
install_bun() {
  command -v npm >/dev/null || fail "npm is wanted to install Bun: on Debian or Ubuntu, apt-get install nodejs npm"
  local prefix install=(npm install -g --no-fund --no-audit --loglevel=error "bun@$BUN_VERSION")
  prefix=$(npm config get prefix 2>/dev/null)
  if can_write "$prefix/bin" && can_write "$prefix/lib/node_modules"; then
    quietly "${install[@]}"
  elif ! on_path "$USER_PREFIX/bin" && is_root && quietly as_root "${install[@]}"; then
    :
  else
    quietly "${install[@]}" --prefix "$USER_PREFIX"
  fi
}

if find_bun; then
  say "Bun $("$bun" --version) is here ($bun)"
else
  say "installing Bun $BUN_VERSION with npm"
  install_bun && find_bun || fail "Bun could not be installed; the lines above say why"
  say "Bun $("$bun" --version) is installed ($bun)"
fi

# ----------------------------------------------------------------------------------------------------------- packages

quietly "$bun" install --frozen-lockfile || fail "the packages could not be installed; the lines above say why"
if grep -q "no changes" "$work/log"; then
  say "the packages of bun.lock are here"
else
  say "the packages of bun.lock are installed"
fi

# ------------------------------------------------------------------------------------------------------------ adapter

# Prints the adapter, or why there is none, and is true or false accordingly
adapter() {
  "$bun" -e '
    import { openGpu, requestAdapter, whyNoAdapter } from "./src/platform/dawn.ts";
    try {
      const adapter = await requestAdapter(await openGpu());
      console.log(adapter?.info.description || adapter?.info.device || whyNoAdapter());
      process.exit(adapter ? 0 : 1);
    } catch (error) {
      console.log(error.message);
      process.exit(2);
    }'
}

# Where apt gets bookworm from, as a line that adds bookworm-backports from the same mirror under the same key
backports_line() {
  local lists=() format='$(REPO_URI) $(SOURCESENTRY)'
  local which=("Created-By: Packages" "Codename: bookworm" "Origin: Debian" "Label: Debian" "Component: main")
  local found uri entry key
  found=$(apt-get indextargets --format "$format" "${which[@]}")
  if [ -z "$found" ]; then # apt has no lists yet, and we may not be root: read them into a folder of our own
    mkdir -p "$work/lists/partial"
    lists=(-o "Dir::State::lists=$work/lists" -o Debug::NoLocking=1)
    quietly apt-get "${lists[@]}" update || return 1
    found=$(apt-get "${lists[@]}" indextargets --format "$format" "${which[@]}")
  fi
  read -r uri entry <<<"$found"
  [ -n "$uri" ] || return 1
  key=$(grep -hoE '^Signed-By: */[^ ]+|signed-by=/[^] ]+' "${entry%:*}" | grep -oE '/.*' | sed -n 1p || true)
  printf 'deb %s%s bookworm-backports main\n' "${key:+[signed-by=$key] }" "$uri"
}

BACKPORTS_LIST=/etc/apt/sources.list.d/bookworm-backports.list

# The commands that install a software Vulkan driver, for root to run
driver_commands() {
  local target="" line
  echo "apt-get update"
  if [ "$(. /etc/os-release && echo "${ID-} ${VERSION_CODENAME-}")" = "debian bookworm" ]; then
    # Debian 12's own Mesa (22.3) lacks a feature that WebGPU needs; its backports carry 25.0.
    if ! grep -q "/dists/bookworm-backports/" <<<"$(apt-get --print-uris update 2>/dev/null)"; then
      line=$(backports_line) || return 1
      echo "echo '$line' > $BACKPORTS_LIST"
      echo "apt-get update"
    fi
    target="-t bookworm-backports "
  fi
  echo "apt-get install -y --no-install-recommends ${target}libvulkan1 mesa-vulkan-drivers"
}

install_driver() {
  command -v apt-get >/dev/null || fail \
    "install the Vulkan loader and Mesa's CPU driver (lavapipe) with this system's package manager, then run" \
    "./setup.sh again; Fedora: vulkan-loader mesa-vulkan-drivers, Arch: vulkan-icd-loader vulkan-swrast"
  local commands
  commands=$(driver_commands) || fail "apt could not say where it gets bookworm from; the lines above say why"
  if is_root; then
    say "installing a Vulkan driver that computes on the CPU (lavapipe, of Mesa), with apt-get"
    # Only the last command's status counts: `update` also fails over other people's repositories.
    quietly as_root env DEBIAN_FRONTEND=noninteractive bash -c "$commands" || {
      if [[ "$commands" == *"$BACKPORTS_LIST"* ]]; then as_root rm -f "$BACKPORTS_LIST"; fi
      printf 'setup: these commands failed; the lines above say why\n%s\n' "$commands" >&2
      exit 1
    }
  else
    say "a Vulkan driver that computes on the CPU is wanted, and only root can install it. Run as root:"
    printf '\n%s\n\n' "$commands"
    fail "then run ./setup.sh again"
  fi
}

if found=$(adapter); then
  say "the adapter is $found"
else
  say "$found"
  install_driver
  found=$(adapter) || fail "$found" "although a software Vulkan driver is installed; \`bun run doctor\` tells more"
  say "the adapter is $found"
fi

# --------------------------------------------------------------------------------------------------------------- PATH

hash -r
if [ "$(command -v bun || true)" != "$bun" ]; then
  fail "all is installed, but \`bun\` is not on PATH (or an older one comes first). Go on with:" \
    "  export PATH=\"$(dirname "$bun"):\$PATH\""
fi
say "ready"
