// WGSL programs are imported as plain text (bunfig.toml's loader).
declare module "*.wgsl" {
  const source: string;
  export default source;
}
