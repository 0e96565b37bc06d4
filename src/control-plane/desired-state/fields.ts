import { z } from 'zod';
import { OBJECT_NAME } from './desired-state.ts';

/** Longest time that a field takes, seconds: a day. */
const MAX_SECONDS = 86_400;
/** `uint32` of Envoy. */
const MAX_COUNT = 4_294_967_295;

/** Text that says something, short enough for a name or a path. */
export const Text = z.string().min(1, 'must not be empty').max(4096, 'must be 4096 characters at most');

/** Name of an object, or of one that is referred to. */
export const ObjectName = z
  .string()
  .regex(OBJECT_NAME, 'must be 1 to 200 letters, digits, "_", ".", ":" or "-", and begin with a letter or digit');

/** Groups of proxies that an object is for; absent: every group. */
export const Groups = z.array(ObjectName).min(1, 'must name a group; leave it out for every group').optional();

/** Seconds; fractions are allowed: `0.25` is 250 ms. More than zero. */
export const Seconds = z
  .number('must be a number of seconds, as 2 or 0.25')
  .min(0.001, 'must be 0.001 seconds or more')
  .max(MAX_SECONDS, `must be ${MAX_SECONDS} seconds at most`);

/** Seconds, where zero means never. */
export const SecondsOrNever = z
  .number('must be a number of seconds; 0 is never')
  .min(0, 'must be 0 (never) or more')
  .max(MAX_SECONDS, `must be ${MAX_SECONDS} seconds at most`);

/** Number of things, from 1. */
export const Count = z.int('must be a whole number').min(1, 'must be 1 or more').max(MAX_COUNT);

/** Number of things, from 0. */
export const CountOrNone = z.int('must be a whole number').min(0, 'must be 0 or more').max(MAX_COUNT);

/** Percent, from 0 to 100; fractions are allowed. */
export const Percent = z
  .number('must be a number from 0 to 100')
  .min(0, 'must be 0 or more')
  .max(100, 'must be 100 or less');

/** A port that something listens on. */
export const Port = z
  .int('must be a port from 1 to 65535')
  .min(1, 'must be a port from 1 to 65535')
  .max(65_535, 'must be a port from 1 to 65535');

/** A path of HTTP. */
export const HttpPath = z
  .string()
  .regex(/^\/[!-~]*$/, 'must begin with / and have no spaces')
  .max(4096);

/** A version of Envoy, as `1.36`. */
export const EnvoyVersionText = z
  .string('must be text: write "1.36" with quotes')
  .regex(/^1\.(?:2[89]|[3-9]\d)(?:\.\d+)?$/, 'must be "1.28" or later, as "1.36"');
