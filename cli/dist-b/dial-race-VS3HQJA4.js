import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a,b}from"./chunk-ZMY6OKMI.js";import"./chunk-N5E5UKHX.js";import"./chunk-TBDX5AZ3.js";import"./chunk-EUCJOFP3.js";import"./chunk-6REANS53.js";export{a as bestConnection,b as raceDials};
