import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{a,b,c,d}from"./chunk-ZPMCPYFL.js";import"./chunk-TGIU6AFR.js";import"./chunk-Z4U4L4HG.js";import"./chunk-TBDX5AZ3.js";import"./chunk-6REANS53.js";export{a as WORDS,c as entropyOf,d as isWord,b as wordsOf};
