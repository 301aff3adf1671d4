// What is taught in a page: sounds have names of their own.
import { expect, test } from "bun:test";
import { teach } from "../../web/hearing/learner.ts";
import { newName } from "../../web/teach/project.ts";

test("a new sound has a name that no other has, whichever were removed before", () => {
  const named = (...names: string[]) => newName(names.map((name) => ({ name })));
  expect(named()).toBe("sound 1");
  expect(named("sound 1", "dog")).toBe("sound 3");
  expect(named("sound 2", "sound 3")).toBe("sound 4");
  expect(named("sound 4", "sound 3", "sound 5")).toBe("sound 6");
});

test("two sounds of one name are not taught", async () => {
  const clips = [0, 1].map((label) => ({
    name: "a",
    label,
    features: { values: new Float32Array(0), silent: [] },
  }));
  const lesson = { teacher: "small", classes: ["rain", "rain"], clips } as const;
  await expect(teach(lesson, null, () => {})).rejects.toThrow(
    'two sounds are called "rain": give each a name of its own, or put them together',
  );
});
