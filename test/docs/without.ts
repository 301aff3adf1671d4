// Public names that have no example yet. It only shrinks.
export const WITHOUT = `
  init istft audio.aWeightedGain audio.mixBetweenClass audio.segments distributions.klDivergence
  distributions.Bernoulli distributions.Categorical distributions.Distribution distributions.Normal
  F.maxUnpool2d F.maxUnpool1d nn.init.calculateFanInAndFanOut nn.init.orthogonal_ nn.init.truncNormal_
  nn.init.sparse_ nn.ParameterDict nn.ParameterList nn.CTCLoss nn.Transformer nn.EnvNet nn.EnvNetV2 nn.M5
  nn.Buffer nn.Module nn.Parameter optim.Adadelta optim.NAdam optim.RAdam optim.AveragedModel optim.updateBn
  optim.LBFGS optim.Optimizer optim.lrScheduler.ChainedScheduler optim.lrScheduler.SequentialLR
  optim.lrScheduler.CosineAnnealingWarmRestarts optim.lrScheduler.CyclicLR optim.lrScheduler.OneCycleLR
  optim.lrScheduler.ConstantLR optim.lrScheduler.LinearLR optim.lrScheduler.MultiplicativeLR
  optim.lrScheduler.PolynomialLR optim.lrScheduler.ReduceLROnPlateau WeightsError loadSafetensors
  safetensorsMetadata saveSafetensors loadTorch DeviceError NoAdapterError autograd.Function memory Tensor
  Tensor#sort Tensor#topk Tensor#kthvalue Tensor#cummax Tensor#cummin Tensor#variance Tensor#varMean
  Tensor#stdMean Tensor#aminmax Tensor#max Tensor#min Tensor#takeAlongDim Tensor#scatter Tensor#scatterAdd
  Tensor#indexAdd Tensor#indexCopy Tensor#indexFill Tensor#repeat Tensor#tile Tensor#repeatInterleave
  Tensor#flip Tensor#fliplr Tensor#flipud Tensor#roll Tensor#rot90 Tensor#split Tensor#chunk
  Tensor#tensorSplit Tensor#select Tensor#unbind Tensor#unfold Tensor#pad Tensor#tril Tensor#triu
  Tensor#diagonal Tensor#diagEmbed Tensor#diag Tensor#slice Tensor#moveaxis Tensor#swapaxes Tensor#swapdims
`;
