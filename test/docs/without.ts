// Public names that have no example yet. It only shrinks.
export const WITHOUT = `
  init fft.fft fft.ifft fft.rfft fft.irfft hannWindow istft stft audio.amplitudeToDb audio.aWeightedGain
  audio.computeDeltas audio.delay audio.Spectrogram audio.freqTimeMask audio.MelScale audio.MelSpectrogram
  audio.melFilterBank audio.mixBetweenClass audio.preemphasis audio.resample audio.peakNormalize
  audio.segments audio.pitchShift audio.timeStretch data.randomSplit data.Subset data.TensorDataset
  data.DataLoader distributions.klDivergence distributions.Bernoulli distributions.Categorical
  distributions.Distribution distributions.Normal F.scaledDotProductAttention F.leakyRelu F.gelu F.elu F.celu
  F.softplus F.hardtanh F.softshrink F.hardshrink F.threshold F.prelu F.rrelu F.glu F.softmin F.gumbelSoftmax
  F.softmax F.logSoftmax F.relu F.sigmoid F.tanh F.relu6 F.silu F.mish F.selu F.hardswish F.hardsigmoid
  F.logsigmoid F.softsign F.tanhshrink F.adaptiveAvgPool2d F.adaptiveMaxPool2d F.adaptiveAvgPool1d
  F.adaptiveMaxPool1d F.conv2d F.conv1d F.convTranspose2d F.convTranspose1d F.normalize F.cosineSimilarity
  F.pairwiseDistance F.pad F.dropout F.dropout1d F.dropout2d F.alphaDropout F.featureAlphaDropout F.embedding
  F.gridSample F.affineGrid F.interpolate F.linear F.ctcLoss F.cosineEmbeddingLoss F.marginRankingLoss
  F.tripletMarginLoss F.multilabelSoftMarginLoss F.multiMarginLoss F.nllLoss F.crossEntropy F.klDivLoss
  F.mseLoss F.l1Loss F.smoothL1Loss F.huberLoss F.softMarginLoss F.hingeEmbeddingLoss F.binaryCrossEntropy
  F.binaryCrossEntropyWithLogits F.poissonNllLoss F.gaussianNllLoss F.batchNorm F.layerNorm F.rmsNorm
  F.groupNorm F.instanceNorm F.localResponseNorm F.oneHot F.maxPool2d F.avgPool2d F.maxPool1d F.avgPool1d
  F.lpPool2d F.lpPool1d F.maxUnpool2d F.maxUnpool1d F.unfold F.fold F.pixelShuffle F.pixelUnshuffle
  F.channelShuffle nn.init.uniform_ nn.init.normal_ nn.init.constant_ nn.init.calculateFanInAndFanOut
  nn.init.calculateGain nn.init.kaimingUniform_ nn.init.kaimingNormal_ nn.init.xavierUniform_
  nn.init.xavierNormal_ nn.init.zeros_ nn.init.ones_ nn.init.eye_ nn.init.dirac_ nn.init.orthogonal_
  nn.init.truncNormal_ nn.init.sparse_ nn.CELU nn.ELU nn.GELU nn.GLU nn.LeakyReLU nn.LogSigmoid nn.LogSoftmax
  nn.Mish nn.ReLU nn.SELU nn.Sigmoid nn.SiLU nn.Softmax nn.Softmin nn.Softplus nn.Softsign nn.Tanh
  nn.Tanhshrink nn.MultiheadAttention nn.ModuleDict nn.ModuleList nn.ParameterDict nn.ParameterList nn.Conv1d
  nn.Conv2d nn.ConvTranspose1d nn.ConvTranspose2d nn.AlphaDropout nn.Dropout nn.Dropout1d nn.Dropout2d
  nn.FeatureAlphaDropout nn.Embedding nn.Linear nn.BCELoss nn.BCEWithLogitsLoss nn.CosineEmbeddingLoss
  nn.CrossEntropyLoss nn.CTCLoss nn.GaussianNLLLoss nn.HingeEmbeddingLoss nn.HuberLoss nn.KLDivLoss nn.L1Loss
  nn.MarginRankingLoss nn.MSELoss nn.MultiLabelSoftMarginLoss nn.MultiMarginLoss nn.NLLLoss nn.PoissonNLLLoss
  nn.SmoothL1Loss nn.SoftMarginLoss nn.TripletMarginLoss nn.BatchNorm1d nn.BatchNorm2d nn.GroupNorm
  nn.InstanceNorm1d nn.InstanceNorm2d nn.LayerNorm nn.LocalResponseNorm nn.RMSNorm nn.CircularPad1d
  nn.CircularPad2d nn.ConstantPad1d nn.ConstantPad2d nn.ReflectionPad1d nn.ReflectionPad2d nn.ReplicationPad1d
  nn.ReplicationPad2d nn.ZeroPad2d nn.Hardshrink nn.Hardsigmoid nn.Hardswish nn.Hardtanh nn.PReLU nn.ReLU6
  nn.RReLU nn.Softshrink nn.Threshold nn.AdaptiveAvgPool1d nn.AdaptiveAvgPool2d nn.AdaptiveMaxPool1d
  nn.AdaptiveMaxPool2d nn.AvgPool1d nn.AvgPool2d nn.LPPool1d nn.LPPool2d nn.MaxPool1d nn.MaxPool2d nn.GRU
  nn.LSTM nn.RNN nn.GRUCell nn.LSTMCell nn.RNNCell nn.ChannelShuffle nn.Fold nn.PixelShuffle nn.PixelUnshuffle
  nn.Unfold nn.Upsample nn.UpsamplingBilinear2d nn.UpsamplingNearest2d nn.Flatten nn.Identity nn.Sequential
  nn.Transformer nn.TransformerDecoder nn.TransformerDecoderLayer nn.TransformerEncoder
  nn.TransformerEncoderLayer nn.EnvNet nn.EnvNetV2 nn.M5 nn.MN nn.Piczak nn.Buffer nn.Module nn.Parameter
  nn.utils.clipGradNorm_ nn.utils.clipGradValue_ nn.utils.parametersToVector nn.utils.vectorToParameters
  optim.Adadelta optim.Adagrad optim.Adam optim.AdamW optim.Adamax optim.NAdam optim.RAdam optim.AveragedModel
  optim.updateBn optim.LBFGS optim.Optimizer optim.RMSprop optim.lrScheduler.ChainedScheduler
  optim.lrScheduler.SequentialLR optim.lrScheduler.CosineAnnealingLR
  optim.lrScheduler.CosineAnnealingWarmRestarts optim.lrScheduler.CyclicLR optim.lrScheduler.OneCycleLR
  optim.lrScheduler.ConstantLR optim.lrScheduler.ExponentialLR optim.lrScheduler.LambdaLR
  optim.lrScheduler.LinearLR optim.lrScheduler.MultiplicativeLR optim.lrScheduler.MultiStepLR
  optim.lrScheduler.PolynomialLR optim.lrScheduler.StepLR optim.lrScheduler.ReduceLROnPlateau optim.SGD
  WeightsError loadSafetensors safetensorsMetadata saveSafetensors loadTorch DeviceError NoAdapterError
  autograd.checkpoint autograd.Function autograd.grad autograd.enableGrad autograd.isGradEnabled
  autograd.noGrad checkpoint enableGrad grad isGradEnabled noGrad arange full ones rand randn tensor zeros
  einsum cat dstack hstack stack vstack where blockDiag broadcastTensors cartesianProd columnStack empty
  randLike randnLike memory bucketize cdist kron searchsorted tensordot normal randint randintLike randperm
  manualSeed eye linspace logspace meshgrid Tensor Tensor#bernoulli Tensor#bernoulli_ Tensor#multinomial
  Tensor#newZeros Tensor#contiguous Tensor#where Tensor#isclose Tensor#allclose Tensor#equal Tensor#fmax
  Tensor#fmin Tensor#heaviside Tensor#ldexp Tensor#floatPower Tensor#logaddexp2 Tensor#typeAs Tensor#positive
  Tensor#isFloatingPoint Tensor#isSigned Tensor#matmul Tensor#mm Tensor#bmm Tensor#mv Tensor#dot Tensor#outer
  Tensor#inner Tensor#cross Tensor#addmm Tensor#baddbmm Tensor#matrixPower Tensor#sort Tensor#argsort
  Tensor#topk Tensor#kthvalue Tensor#median Tensor#quantile Tensor#cumsum Tensor#cumprod Tensor#logcumsumexp
  Tensor#cummax Tensor#cummin Tensor#diff Tensor#var Tensor#variance Tensor#std Tensor#varMean Tensor#stdMean
  Tensor#prod Tensor#logsumexp Tensor#norm Tensor#countNonzero Tensor#any Tensor#all Tensor#nansum
  Tensor#nanmean Tensor#trace Tensor#sum Tensor#amax Tensor#amin Tensor#aminmax Tensor#max Tensor#min
  Tensor#argmax Tensor#argmin Tensor#indexSelect Tensor#gather Tensor#takeAlongDim Tensor#take Tensor#scatter
  Tensor#scatterAdd Tensor#indexAdd Tensor#indexCopy Tensor#indexFill Tensor#maskedFill Tensor#nonzero
  Tensor#maskedSelect Tensor#repeat Tensor#tile Tensor#repeatInterleave Tensor#flip Tensor#fliplr
  Tensor#flipud Tensor#roll Tensor#rot90 Tensor#split Tensor#chunk Tensor#tensorSplit Tensor#select
  Tensor#unbind Tensor#unfold Tensor#pad Tensor#tril Tensor#triu Tensor#diagonal Tensor#diagEmbed Tensor#diag
  Tensor#clone Tensor#reshape Tensor#flatten Tensor#squeeze Tensor#expand Tensor#permute Tensor#transpose
  Tensor#slice Tensor#narrow Tensor#movedim Tensor#moveaxis Tensor#swapaxes Tensor#swapdims Tensor#t
  Tensor#numel Tensor#dim Tensor#ravel Tensor#unflatten Tensor#view Tensor#broadcastTo Tensor#sigmoid
  Tensor#relu Tensor#gelu Tensor#silu Tensor#mish Tensor#logsigmoid Tensor#hardswish Tensor#hardsigmoid
  Tensor#softsign Tensor#tanhshrink Tensor#elu Tensor#selu Tensor#celu Tensor#softplus Tensor#hardtanh
  Tensor#relu6 Tensor#softshrink Tensor#hardshrink Tensor#threshold Tensor#to Tensor#data Tensor#item
  Tensor#tolist Tensor#backward Tensor#retainGrad Tensor#registerHook Tensor#detach
`;
