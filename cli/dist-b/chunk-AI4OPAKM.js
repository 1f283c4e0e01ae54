import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a as e}from"./chunk-AMJTYTRE.js";function t(o,r){return o!=null&&e.indexOf(o)<=e.indexOf(r)}var p={community:{role:"reader",uses:25},group:{role:"writer",uses:1},contact:{role:"owner",uses:1},person:{role:"owner",uses:1}};export{p as a,t as b};
