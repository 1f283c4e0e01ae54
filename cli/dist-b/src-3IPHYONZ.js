import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a,b,c,d,e,f,g}from"./chunk-DNBXSOFL.js";import"./chunk-NHBPS3P3.js";import"./chunk-6REANS53.js";export{c as defaultLogger,e as disable,f as enable,g as enabled,d as logger,a as peerLogger,b as prefixLogger};
