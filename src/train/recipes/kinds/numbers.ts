// The numbers that settings are made of.
import { z } from "zod";

export const count = z.int().min(1);
/** What is computed on the host and in tables may be this large: far more than is of use, and no more than there is room for. */
export const upTo = (most: number, least = 1) => z.int().min(least).max(most);
export const positive = z.number().positive();
export const probability = z.number().min(0).max(1);
