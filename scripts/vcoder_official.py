#!/usr/bin/env python3
"""Writes domains/web/tests/goldens/vcoder.json: the numbers of VCoder's own functions on pages of our own.

Usage: vcoder_official.py <checkout of amaljoe/vision-coder at 7302559>
Needs beautifulsoup4 and html5lib. The package's __init__ files import a browser; they are passed over.
"""
import importlib.util
import json
import pathlib
import sys
import types

import bs4
import html5lib

root = pathlib.Path(sys.argv[1]) / "vcoder"
for package in ("vcoder", "vcoder.utils", "vcoder.rewards"):
    sys.modules[package] = types.ModuleType(package)


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, root / path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load("vcoder.utils.html_utils", "utils/html_utils.py")
F = load("f", "rewards/format_rewards.py")
V = load("v", "rewards/validity_rewards.py")
S = load("s", "rewards/structural_rewards.py")

page='<!DOCTYPE html><html><head><title>t</title><style>p{color:red}</style></head><body><header><nav><ul><li><a href="#">Home</a></li><li>Shop</li></ul></nav></header><main><section><h1>Cakes</h1><p>Fresh <b>every</b> day</p></section></main><footer>2024</footer></body></html>'
table='<table><tr><td>1<td>2<tr><td>3</table>'
refs={'page':page,'table':table,'long':'<body>'+''.join('<div><span>%d</span></div>'%i for i in range(150))+'</body>'}
progs=['<p>x</p>', page, page.replace('<b>every</b>','every').replace('main','div'), table, '<p>a<div>b</div><b><i>x</b>y</i>',
 '<table><div>fostered<td>x</table>z', '<svg><linearGradient id=a /><path d="M0"/></svg><math><mi>x</mi></math>', '<ul><li>a<li>b<ul><li>c</ul></ul>',
 '<select><option>a<option>b</select><br/><img src=x>', 'plain text only', '<frameset><frame></frameset>', '<a href=1>x<a href=2>y</a>', '<body><h1>a<h2>b</h1><form><form><input></form>', '<!-- c --><title>x</title><script>var a="<p>";</script><p>ü', refs['long'].replace('span','em'), refs['long'].replace('<span>7<','<i>7<'),
 '<p><table><caption>c<tbody><tr><th>x</table>', '<div><section><p>a</section></div></body></html><aside>late</aside>', '<button><p>x</button><dl><dt>a<dd>b</dl><ruby>x<rt>y</ruby>', '<nobr>a<nobr>b</nobr></nobr><textarea><b></textarea><noscript><p>n</p></noscript>']
resp=[]
for p in progs: resp.append('```html\n'+p+'\n```')
resp += ['no fence '+page, '```html '+page+'```', '```html  \n\n \n'+page+'``` after ```html\n<p>second</p>\n```', '```HTML\n'+page+'\n```', '```html\n'+page, 'say ```html inline and\n```html\r\n<DIV>x</DIV>\n```', '```html\n```', '```html\n\n```', '<!doctype  \n HTML> </HTML>', '<!doctypehtml>', '```\n'+page+'\n```', '', '```html\x1f\n <p>x</p>\x1c```', '```html\u00a0\n<html>\n```', 'Sure!\n```html\n<html><body>cut off']
out=[]
for i,r in enumerate(resp):
    for ref in (['page','table','long'] if i in (0,3,14,15) else ['page']):
        c=[[{'content':r}]]
        h=sys.modules['vcoder.utils.html_utils'].extract_html_from_completion(r)
        out.append(dict(response=r, reference=ref, extracted=h, tags=None if h is None else S._get_tag_sequence(h)[:60], format=F.format_reward(c)[0], validity=V.html_validity_reward(c)[0], structure=S.structural_similarity_reward(c,[refs[ref]])[0]))
json.dump(dict(source='amaljoe/vision-coder 7302559, beautifulsoup4 %s, html5lib %s'%(bs4.__version__, html5lib.__version__),references=refs,cases=out),open(pathlib.Path(__file__).parent.parent/'domains/web/tests/goldens/vcoder.json','w'),ensure_ascii=True,indent=1)
