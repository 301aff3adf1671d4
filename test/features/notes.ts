// What FEATURES.md says beside the names: how something is called here, what differs, and why something is not there.
// table.ts finds the rest by itself, and its test fails where a note is stale or a reason is missing.

/** Written otherwise here, by section and PyTorch's name. */
export const CALLED: Record<string, Record<string, string>> = {
  Tensor: {
    is_floating_point: 'x.dtype === "float32"',
    is_same_size: "String(x.shape) === String(y.shape)",
    ndimension: "x.ndim",
    nelement: "x.numel()",
    numpy: "await x.data()",
    type: "x.dtype",
  },
  torch: {
    from_numpy: "tensor(typedArray, { shape })",
    is_tensor: "x instanceof Tensor",
  },
  "torchaudio.functional": {
    amplitude_to_DB: "audio.amplitudeToDb",
    melscale_fbanks: "audio.melFilterBank",
  },
  "torchaudio.transforms": {
    AmplitudeToDB: "audio.amplitudeToDb",
    ComputeDeltas: "audio.computeDeltas",
    FrequencyMasking: "audio.freqTimeMask",
    PitchShift: "audio.pitchShift",
    Resample: "audio.resample",
    TimeMasking: "audio.freqTimeMask",
    TimeStretch: "audio.timeStretch",
  },
};

const FLOATS = "of float32 alone: float() whole numbers first";
const COUNTED = "with momentum null, the batches so far are not in the state dict";
const CONSTANT = "no gradient flows into targets: detach() them";
const PROBABILITIES = "what is no probability makes NaN, where PyTorch refuses";

/** There, but for this. */
export const PARTLY: Record<string, Record<string, string>> = {
  Tensor: {
    addmm: FLOATS,
    argmax: "indices are int32",
    argmin: "indices are int32",
    argsort: "indices are int32",
    baddbmm: FLOATS,
    bmm: FLOATS,
    cummax: `${FLOATS}; indices are int32`,
    cummin: `${FLOATS}; indices are int32`,
    inner: FLOATS,
    istft: "0 where no window reaches, where PyTorch refuses",
    matmul: FLOATS,
    matrix_power: FLOATS,
    mm: FLOATS,
    mv: FLOATS,
    masked_select: "a promise: how large it is depends on values on the GPU",
    max: "indices are int32",
    median: `${FLOATS}; indices are int32`,
    min: "indices are int32",
    nonzero: "a promise: how large it is depends on values on the GPU",
    prod: FLOATS,
    numpy: "the elements, row-major; awaited",
    sort: "{ values, indices }; indices are int32",
    stft: "one-sided; complex numbers are a last dimension of 2",
    tolist: "awaited",
    item: "awaited; a bool as 0 or 1",
    topk: "{ values, indices }; indices are int32",
  },
  torch: {
    searchsorted: FLOATS,
  },
  "nn.functional": {
    binary_cross_entropy: PROBABILITIES,
    cross_entropy: CONSTANT,
    ctc_loss: "lengths are lists: await x.tolist()",
    kl_div: CONSTANT,
    one_hot: "numClasses is given: what is largest is on the GPU",
  },
  nn: {
    BatchNorm1d: COUNTED,
    BatchNorm2d: COUNTED,
    BCELoss: PROBABILITIES,
    CrossEntropyLoss: CONSTANT,
    CTCLoss: "lengths are lists: await x.tolist()",
    KLDivLoss: CONSTANT,
    Embedding: "no maxNorm, scaleGradByFreq, sparse",
    LSTM: "no projSize; no packed sequences",
    GRU: "no packed sequences",
    RNN: "no packed sequences",
    MultiheadAttention: "no addBiasKv, addZeroAttn",
  },
  optim: {
    LBFGS: "step() is awaited: it reads the loss",
  },
  "torchaudio.transforms": {
    FrequencyMasking: "with TimeMasking in one function",
    TimeMasking: "with FrequencyMasking in one function",
    Resample: "a function",
    AmplitudeToDB: "a function",
    ComputeDeltas: "a function",
    PitchShift: "a function",
    TimeStretch: "a function, of waves instead of spectrograms",
  },
};

const COMPLEX = "there are no complex numbers; Fourier transforms have them as a last dimension of 2";
const FACTORS = "no factorisations of matrices";
const TYPES = "float32, int32, uint32 and bool are all the types there are";
const SIZES = "how large the result is depends on the values, which are on the GPU";
const STORAGE = "tensors are contiguous, and have no strides to be seen";
const SPECIAL = "special functions that no small model has asked for";
const VOLUMES = "no volumes: one and two dimensions of space";
const OTHER_WAY = "there is another word for it here";
const NOT_YET = "not yet";

/** Why names are not there, by section. */
export const ABSENT: Record<string, readonly (readonly [why: string, names: string])[]> = {
  Tensor: [
    [
      COMPLEX,
      "adjoint angle cdouble cfloat chalf conj conj_physical is_complex is_conj is_neg isreal resolve_conj resolve_neg ",
    ],
    [
      FACTORS,
      `cholesky cholesky_inverse cholesky_solve det eig geqrf inverse logdet lstsq lu lu_solve matrix_exp orgqr ormqr pinverse
      qr slogdet solve svd symeig triangular_solve`,
    ],
    [TYPES, "bfloat16 byte char double half long short"],
    [SIZES, "argwhere bincount histc histogram is_nonzero masked_scatter unique unique_consecutive"],
    [STORAGE, "as_strided as_strided_scatter is_contiguous stride"],
    [SPECIAL, "digamma erfinv frexp i0 igamma igammac lgamma mvlgamma nextafter polygamma"],
    [OTHER_WAY, "ger narrow_copy new_tensor split_with_sizes sum_to_size"],
    [
      NOT_YET,
      `addbmm addmv addr corrcoef cov diagflat diagonal_scatter dist dsplit 
      gcd hsplit index_put index_reduce lcm mode msort nanmedian nanquantile
      put renorm scatter_reduce select_scatter slice_scatter vdot vsplit`,
    ],
  ],
  "nn.functional": [
    [
      VOLUMES,
      "adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d conv3d conv_transpose3d dropout3d fractional_max_pool3d max_pool3d max_unpool3d",
    ],
    [OTHER_WAY, "multi_head_attention_forward upsample upsample_bilinear upsample_nearest"],
    [
      NOT_YET,
      "bilinear conv_tbc embedding_bag fractional_max_pool2d multilabel_margin_loss pdist triplet_margin_with_distance_loss",
    ],
  ],
  nn: [
    [
      VOLUMES,
      "AdaptiveAvgPool3d AdaptiveMaxPool3d AvgPool3d BatchNorm3d ConstantPad3d Conv3d ConvTranspose3d Dropout3d FractionalMaxPool3d InstanceNorm3d MaxPool3d MaxUnpool3d ReflectionPad3d ReplicationPad3d",
    ],
    [
      "a layer knows its sizes when it is made",
      "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear",
    ],
    ["one device", "DataParallel SyncBatchNorm"],
    [OTHER_WAY, "Container NLLLoss2d RNNBase RNNCellBase"],
    [
      NOT_YET,
      "AdaptiveLogSoftmaxWithLoss Bilinear CrossMapLRN2d EmbeddingBag FractionalMaxPool2d MaxUnpool1d MaxUnpool2d MultiLabelMarginLoss Softmax2d TripletMarginWithDistanceLoss",
    ],
  ],
  "nn.init": [],
  optim: [
    ["no sparse tensors", "SparseAdam"],
    [NOT_YET, "ASGD Rprop"],
  ],
  torch: [
    [COMPLEX, "complex polar"],
    [NOT_YET, "chain_matmul combinations poisson tril_indices triu_indices vander hamming_window"],
  ],
  "torchaudio.functional": [
    [
      "filters and effects of sound editing; no classifier here has asked for them",
      "allpass_biquad apply_codec band_biquad bandpass_biquad bandreject_biquad bass_biquad biquad contrast dcshift deemph_biquad dither equalizer_biquad filtfilt flanger highpass_biquad lfilter lowpass_biquad overdrive phaser riaa_biquad treble_biquad",
    ],
    ["several microphones", "apply_beamforming mvdr_weights_rtf mvdr_weights_souden psd rtf_evd rtf_power"],
    ["speech recognition", "edit_distance rnnt_loss"],
    [OTHER_WAY, "inverse_spectrogram mask_along_axis mask_along_axis_iid phase_vocoder spectrogram"],
    [
      NOT_YET,
      "compute_kaldi_pitch create_dct detect_pitch_frequency gain griffinlim linear_fbanks loudness mu_law_decoding mu_law_encoding sliding_window_cmn spectral_centroid vad",
    ],
  ],
  "torchaudio.transforms": [
    ["several microphones", "MVDR PSD RTFMVDR SoudenMVDR"],
    ["speech recognition", "RNNTLoss"],
    [
      NOT_YET,
      "Fade GriffinLim InverseMelScale InverseSpectrogram LFCC Loudness MFCC MuLawDecoding MuLawEncoding SlidingWindowCmn SpectralCentroid Vad Vol",
    ],
  ],
};
