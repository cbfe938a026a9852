// The kit, for the smallest plugin there is.
import { testProvider } from '@turnout/core/testing';
import { test } from 'vitest';
import echo from './index.ts';

testProvider({ plugin: echo, config: () => ({}), model: 'echo', fixtures: [{ name: 'an echo' }] }, test);
