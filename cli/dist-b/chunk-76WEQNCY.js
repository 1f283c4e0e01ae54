import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{x as n}from"./chunk-TBDX5AZ3.js";var e=["/noise","/tls/1.0.0","native"];function i({encryption:o}){if(o==null||!e.includes(o))throw new n("The connection is not encrypted; configure the node with noise()")}export{i as a};
