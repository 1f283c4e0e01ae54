import{createRequire}from'node:module';const require=createRequire(import.meta.url);
import{s as o}from"./chunk-ZTZKRDC2.js";var E=`${o}/received`,e=3,r=64,_=64,c=30*864e5,p=1e4,n=2;export{E as a,e as b,r as c,_ as d,c as e,p as f,n as g};
