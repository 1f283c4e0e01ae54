import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a as i}from"./chunk-EUCJOFP3.js";async function n(r,o){return r?.signal?.throwIfAborted(),i(o(),r?.signal)}export{n as a};
