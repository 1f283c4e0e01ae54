import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{g as e,h as n,j as t}from"./chunk-UH7G5Z6T.js";var r="home",p="00".repeat(16);function d(o){return t("GENESIS",{parents:[],author:o},{name:r,kind:"person",owners:[{first:o,recovery:o}],nonce:p})}function s(o){return e(d(o))}function O(o){return n(o,o)}export{r as a,d as b,s as c,O as d};
