// The blog's replication as its public code really is, without --batchnorm. Where it departs from the paper:
//   - files are read at 44.1 kHz and treated as 22.05 kHz: all sounds an octave lower and twice as long;
//   - clips keep their own loudness instead of being divided by their peak;
//   - torchaudio's front end instead of librosa's: HTK mel bands of equal height, spectra divided by the window's
//     norm, segments a sample shorter (41 frames all the same), deltas over 5 frames instead of 9;
//   - random masks on the spectrograms instead of altered copies of the sounds;
//   - four folds train, none validates;
//   - one hidden dense layer instead of two;
//   - ReLU and dropout on the logits: none can be negative, and half of them are 0 while training;
//   - batch norm in the second convolution: the code takes a dropout of 1.0 for none and puts batch norm in its place,
//     and 1.0 is what its convolutions have by default;
//   - Kaiming-normal weights, PyTorch's biases;
//   - PyTorch's weight decay: the same number is half as strong as the paper's, and it is on biases too.
// With --batchnorm the code has batch norm → ReLU everywhere, on the logits too, and no dropout:
//   --set network.form=batch-norm --set network.convDropout=0 --set network.dropout=0
// Not repeated here: the code standardises the test fold by its own mean and deviation, lets a clip's segments vote by
// the sum of their log-probabilities, and counts a clip that has no segment left as told right.

import { blog } from "./blog.ts";
import type { PiczakRecipe } from "./recipe.ts";

export const blogCode: PiczakRecipe = {
  ...blog,
  name: "blog-code",
  description:
    "the blog's replication as its public code is: 44.1 kHz taken for 22.05, ReLU and dropout on the logits, …",
  frontEnd: { ...blog.frontEnd, resamples: false },
  network: { ...blog.network, conv2Norm: true, head: "activated" },
};
