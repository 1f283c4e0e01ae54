import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{c as a}from"./chunk-6JMYINFE.js";import{createServer as d}from"node:http";async function u(r,e,c){let n=d((o,s)=>{let t=(i,m,p)=>{s.writeHead(i,{"content-type":m}).end(p)};switch(o.url){case"/health":t(200,"application/json",`${JSON.stringify({status:"ok",...c()})}
`);break;case"/metrics":e.metrics().then(i=>{t(200,e.contentType,i)},()=>{t(500,"text/plain",`The metrics cannot be read
`)});break;default:t(404,"text/plain",`Here are /metrics and /health
`)}});return await new Promise((o,s)=>{n.once("error",()=>{s(new a(`Cannot serve metrics on port ${r}; choose another with --metrics`))}),n.listen(r,"127.0.0.1",o)}),n}function f(r){let e=r.address();return typeof e=="object"&&e!=null?e.port:0}export{u as a,f as b};
