/** As `test/patience.ts`, for the waits of Testing Library, which are 1 s too. */
import { configure } from '@testing-library/react'

configure({ asyncUtilTimeout: 30_000 })
