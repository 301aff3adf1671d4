// Sound as the pages get it: from a microphone, live, or from files, which the browser decodes; at 32 kHz where nothing else is
// said, one channel.
import { joinBlocks, wavInMemory } from "../../src/train/sound/sound.ts";
import type { Waveform } from "../../src/train/sound/waveform.ts";

export const RATE = 32000;

/** A whole sound, and what is wrong with one that is heard all the same. */
export interface WholeSound {
  wave: Waveform;
  flaw: string | null;
}

/** A file's samples at the rate that it has, where it is a WAV file that the engine reads, as the command line hears it; else as `decode`. */
export async function wholeSound(file: Blob, name: string): Promise<WholeSound> {
  const sound = wavInMemory(new Uint8Array(await file.arrayBuffer()), name);
  const decoded = async () => ({
    samples: await decode(await file.arrayBuffer(), name),
    sampleRate: RATE,
  });
  if (sound === null) return { wave: await decoded(), flaw: null };
  try {
    return { wave: await joinBlocks(sound.blocks()), flaw: sound.flaw };
  } catch (error) {
    // The browser may know what the engine does not; where neither does, the engine says why.
    const wave = await decoded().catch(() => Promise.reject(error));
    return { wave, flaw: null };
  }
}

/** A file's samples, of its bytes, which are gone afterwards: the mean of its channels. Throws where the browser cannot decode it. */
export async function decode(bytes: ArrayBuffer, name: string, sampleRate = RATE): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, sampleRate);
  let sound: AudioBuffer;
  try {
    sound = await context.decodeAudioData(bytes);
  } catch {
    throw new Error(`${name} is no sound that this browser can decode`);
  }
  const mixed = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++)
    for (const [i, value] of sound.getChannelData(channel).entries())
      mixed[i]! += value / sound.numberOfChannels;
  return mixed;
}

export interface Microphone {
  stop(): void;
}

/** Opens the microphone, and gives blocks of samples as they come. */
export async function openMicrophone(
  root: string,
  take: (samples: Float32Array) => void,
): Promise<Microphone> {
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: raw }).catch((error: DOMException) => {
    throw new Error(
      error.name === "NotAllowedError"
        ? "The microphone is not allowed here: the browser's settings for this page let it in"
        : error.name === "NotFoundError"
          ? "There is no microphone"
          : `The microphone cannot be opened: ${error.message}`,
    );
  });
  const context = new AudioContext({ sampleRate: RATE });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
    context.close();
  };
  try {
    await context.audioWorklet.addModule(`${root}recorder.js`);
    const source = context.createMediaStreamSource(stream);
    const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
    recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => take(data);
    source.connect(recorder);
    return {
      stop() {
        source.disconnect();
        stop();
      },
    };
  } catch (error) {
    stop(); // or it would be on until the page goes
    throw error;
  }
}
