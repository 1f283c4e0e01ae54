import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{r,s as n,y as a}from"./chunk-ZTZKRDC2.js";var o=`${n}/person/begun`;async function d(e){let{records:t,damaged:i}=await a(e,o);return new Set([...t.keys(),...i.keys()])}function m(e,t){e.put(new r(`${o}/${t}`),new Uint8Array)}function c(e,t){e.delete(new r(`${o}/${t}`))}export{d as a,m as b,c};
