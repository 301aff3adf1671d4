// WGSL programs and the report's style sheet are imported as plain text (bunfig.toml's loader).
declare module "*.wgsl" {
  const source: string;
  export default source;
}

declare module "*.css" {
  const source: string;
  export default source;
}
