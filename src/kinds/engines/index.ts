import type { EngineType } from '../engine.js'
import { database } from './database.js'
import { kv } from './kv.js'
import { transit } from './transit.js'

/** The types of engine that grants can speak of. */
export const engineTypes: Readonly<Record<string, EngineType>> = { kv, database, transit }
