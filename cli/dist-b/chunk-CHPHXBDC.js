import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a as n,p as t}from"./chunk-AMJTYTRE.js";function s(e,r){return e.isClosed?void 0:m(e,r)}function m(e,r){if(r.type!=="Ed25519")return;let i=t(r),f=new Set([...e.membersOf(i),e.member(i)].map(o=>o?.role));return n.find(o=>f.has(o))}export{s as a,m as b};
