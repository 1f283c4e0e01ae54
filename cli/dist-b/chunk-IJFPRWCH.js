import{createRequire}from'node:module';const require=createRequire(import.meta.url);
var i="PLUS_ONE_WORDS";async function d(o,{prompt:e,env:s,out:r}){let n=s[i],t=n==null||n===""?await e.ask(r.style("bold",o)):n;return t==null||t.trim()===""?void 0:t}export{d as a};
