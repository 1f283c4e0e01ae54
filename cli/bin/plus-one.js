#!/usr/bin/env node
// checked in, so that npm links the command before there is a build
await import(new URL('../dist/main.js', import.meta.url).href)
