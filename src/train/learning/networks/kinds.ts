// The kinds of networks that can be trained. A kind is one file beside this one and one line here; its settings are in
// recipes/kinds/network.ts.
import type { Network, NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";
import { piczak } from "./piczak.ts";

const kinds: { readonly [K in Network["kind"]]: NetworkKind<NetworkOf<K>> } = { piczak };

export function kindOf({ kind }: Network): NetworkKind {
  return kinds[kind];
}
