// The blog's better replication: batch norm in place of dropout, everything else as in `blog`.
import type { Recipe } from "../recipe.ts";
import { blog } from "./blog.ts";

export const blogBn: Recipe = {
  ...blog,
  name: "blog-bn",
  description: "the blog's replication with batch norm instead of dropout",
  network: { form: "batch-norm", hidden: [5000], init: "kaiming-normal" },
  epochs: 100,
};
