// Which tools a prompt calls.
import { expect, test } from 'vitest';
import { type AskedChoice, chooseTools, findMeant } from './tool-choice.ts';

const weather = { name: 'getWeather', description: 'The forecast of a city: rain, wind, temperature' };
const clock = { name: 'wall_clock', description: 'The local hour' };
const bare = { name: 'x9' };
const tools = [weather, clock, bare];

test.each([
  ['Call getWeather now', [weather]],
  ['use wall clock and x9', [clock, bare]],
  ['How is the weather?', [weather]],
  ['Will rain and wind come?', [weather]],
  ['Will rain come?', []],
  ['x99', []],
])('%s', (text, meant) => {
  expect(findMeant(tools, text)).toEqual(meant);
});

const auto: AskedChoice = { kind: 'auto', parallel: true };
test.each<[string, AskedChoice, string, boolean, unknown]>([
  ['the model decides', auto, 'weather and wall clock', false, [clock]],
  ['all that are named', auto, 'getWeather, wall_clock', false, [weather, clock]],
  ['one at a time', { kind: 'auto', parallel: false }, 'getWeather, wall_clock', false, [weather]],
  ['results are answered in words', auto, 'getWeather', true, []],
  ['a call that must be', { kind: 'any', parallel: true }, 'hello', true, [weather]],
  ['the one that is asked for', { kind: 'tool', name: 'x9', parallel: true }, 'getWeather', true, [bare]],
  ['none', { kind: 'none', parallel: true }, 'getWeather', false, []],
])('%s', (_, choice, text, afterResult, chosen) => {
  expect(chooseTools(tools, choice, text, afterResult)).toEqual(chosen);
});
