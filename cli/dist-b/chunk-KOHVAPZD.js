import{createRequire}from'node:module';const require=createRequire(import.meta.url);
var _="/rendezvous/1.0.0";export{_ as a};
