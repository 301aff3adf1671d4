// The kinds of networks that can be trained. A kind is one file beside this one and one line here; its settings are in
// recipes/kinds/network.ts.
import type { Network, NetworkOf } from "../../recipes/recipe.ts";
import { convNet } from "./convnet.ts";
import { envNet } from "./env-net.ts";
import type { NetworkKind } from "./kind.ts";
import { m5 } from "./m5.ts";
import { piczak } from "./piczak.ts";
import { transfer } from "./transfer.ts";

const kinds: { readonly [K in Network["kind"]]: NetworkKind<NetworkOf<K>> } = {
  piczak,
  transfer,
  m5,
  envnet: envNet,
  "envnet-v2": envNet,
  convnet: convNet,
};

export function kindOf({ kind }: Network): NetworkKind {
  return kinds[kind];
}
