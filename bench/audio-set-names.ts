// What ESC-10's classes are called among AudioSet's 527, by at most three names each.
export const ESC10_NAMES: Readonly<Record<string, readonly string[]>> = {
  dog: ["Dog", "Bark", "Bow-wow"],
  rooster: ["Chicken, rooster", "Crowing, cock-a-doodle-doo"],
  rain: ["Rain", "Raindrop", "Rain on surface"],
  sea_waves: ["Waves, surf", "Ocean"],
  crackling_fire: ["Fire", "Crackle"],
  crying_baby: ["Baby cry, infant cry", "Crying, sobbing"],
  sneezing: ["Sneeze"],
  clock_tick: ["Clock", "Tick", "Tick-tock"],
  helicopter: ["Helicopter", "Aircraft"],
  chainsaw: ["Chainsaw"],
};
