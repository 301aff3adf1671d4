// Public names that take arguments and of which no error is known: containers that ask nothing, and what calls a user's own.
export const SILENT = `
  distributions.Distribution#logProb nn.ModuleDict nn.ModuleDict#get nn.ModuleDict#has nn.ModuleDict#delete
  nn.ParameterDict nn.ParameterDict#get nn.ParameterDict#has nn.ParameterDict#delete
  nn.AdaptiveMaxPool1d#forward nn.AdaptiveMaxPool2d#forward nn.MaxPool1d#forward nn.MaxPool2d#forward
  nn.Identity#forward nn.Module#forward optim.NAdam optim.RAdam
  optim.AveragedModel#forward Tensor#moveaxis Tensor#swapaxes Tensor#swapdims
`;

// Names whose example shows an error that comes out of a class or a file's reader, where the search for errors does not look.
export const ELSEWHERE = `
  loadSafetensors loadTorch
`;
