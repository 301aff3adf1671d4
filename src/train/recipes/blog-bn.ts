// The blog's better replication: batch norm in place of dropout, everything else as in `blog`.

import { blog } from "./blog.ts";
import type { PiczakRecipe } from "./recipe.ts";

export const blogBn: PiczakRecipe = {
  ...blog,
  name: "blog-bn",
  description: "the blog's replication with batch norm instead of dropout",
  network: { ...blog.network, form: "batch-norm", convDropout: 0, dropout: 0 },
  epochs: 100,
};
