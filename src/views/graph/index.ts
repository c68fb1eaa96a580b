import type { GraphResult } from '../../operations/graph.js'
import { tell, type Told } from '../told.js'
import { dot } from './dot.js'
import { html } from './html.js'
import { mermaid } from './mermaid.js'

const LANGUAGES = { mermaid, dot, html }

/** The text of a drawing in the language that was asked for. */
export const draw = (result: Told<GraphResult>): string => LANGUAGES[result.format](result)

/** The same of a result that has not been made fit to be shown. */
export const drawing = (result: GraphResult): string => draw(tell(result))
