import { Heading } from './heading.js'
import { hrefOf } from './routes.js'

/** Back, or a reload, led to an invitation that is not here any more. */
export function Ended () {
  return (
    <section>
      <Heading>This invitation is not here any more</Heading>
      <p>You have answered it, or it has ended. Open its link again, or ask for a new one.</p>
      <p><a className="button" href={hrefOf({ at: 'home' })}>Home</a></p>
    </section>
  )
}
