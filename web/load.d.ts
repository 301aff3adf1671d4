// Modules that bundle.ts makes: files by their names, each loaded when it is asked for.
declare module "load:*" {
  export const load: Record<string, () => Promise<unknown>>;
}

declare module "prismjs/components/index.js" {
  const load: ((languages: string[]) => void) & { silent: boolean };
  export default load;
}
