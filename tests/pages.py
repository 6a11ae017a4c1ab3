# ruff: noqa: E501, RUF005
"""Twelve saved pages in the manner of common makers: what each says, and what stands around it."""

PARAGRAPHS = [
    "The harbour of Skarholm was founded in 1734 by fishermen from the outer islands, who needed shelter from the winter storms.",
    "For two centuries it lived on herring; in the best year, 1887, more than nine thousand barrels left its quays.",
    "The new breakwater, finished in 1954, is 410 metres long and protects the basin against waves from the north-west.",
    "Today 120 people work here, most of them in the repair of fishing boats and in the small ferry company.",
    "Visitors may climb the lighthouse on Sundays between eleven and four; admission is 6 euros, and children pay nothing.",
]
COOKIE = "We use cookies to improve your experience and to analyse our traffic. By clicking Accept you agree to our use of cookies."


def links(kind: str, *names: str) -> str:
    return f'<ul class="{kind}">' + "".join(f'<li><a href="/{n}">{n}</a></li>' for n in names) + "</ul>"


def p(*n: int) -> str:
    return "".join(f"<p>{PARAGRAPHS[i]}</p>" for i in n)


TABLE = "<table><thead><tr><th>Year</th><th>Barrels</th></tr></thead><tbody><tr><td>1886</td><td>7200</td></tr><tr><td>1887</td><td>9034</td></tr></tbody></table>"
ROWS = ["Year: 1886; Barrels: 7200.", "Year: 1887; Barrels: 9034."]
MENU = ["Home page", "Our products", "Contact us", "Careers"]
PAGES: dict[str, tuple[str, list[str], list[str]]] = {}
"""name → (the page, what has to be kept, what has to go)."""


def page(
    name: str, body: str, keep: list[str], gone: list[str], head: str = "", title: str = "The harbour of Skarholm"
) -> None:
    PAGES[name] = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>',
        keep,
        gone,
    )


# 1 WordPress blog
page(
    "wordpress",
    f"""<header id="masthead" class="site-header"><nav class="main-navigation"><div class="menu-container">{links("menu", *MENU)}</div></nav></header>
<div id="content" class="site-content"><main id="main"><article id="post-1" class="post hentry"><header class="entry-header"><h1 class="entry-title">The harbour of Skarholm</h1>
<div class="entry-meta"><span class="posted-on">Posted on <time datetime="2024-05-17">May 17, 2024</time></span> <span class="byline">by <a class="url fn" href="/a">Åsa Lind</a></span></div></header>
<div class="entry-content">{p(0, 1)}<h2>The breakwater</h2>{p(2)}<ul><li>Length of the pier: 410 metres</li><li>Depth of the basin: 7 metres</li></ul>{p(3, 4)}
<div class="sharedaddy"><h3>Share this post</h3>{links("share", "Tweet this", "Share on Facebook")}</div></div></article>
<nav class="post-navigation"><a href="/p">Previous post about nets</a><a href="/n">Next post about ropes</a></nav></main>
<aside id="secondary" class="widget-area"><section class="widget"><h2>Recent posts</h2>{links("", "Mending nets", "Ropes of hemp")}</section></aside></div>
<footer id="colophon" class="site-footer"><p>Proudly powered by WordPress</p></footer>
<div id="cookie-law-info-bar"><span>{COOKIE}</span><a role="button">Accept all</a></div>""",
    PARAGRAPHS + ["## The breakwater", "- Length of the pier: 410 metres", "- Depth of the basin: 7 metres"],
    MENU
    + [
        "Share this post",
        "Tweet this",
        "Previous post",
        "Recent posts",
        "Mending nets",
        "Proudly powered",
        "cookies",
        "Accept all",
    ],
    head='<meta name="author" content="Åsa Lind"><meta property="article:published_time" content="2024-05-17T08:00:00+00:00">',
)
# 2 news
page(
    "news",
    f"""<div class="top-bar"><a href="/s">Subscribe now</a><a href="/l">Log in</a></div><div class="navbar" role="navigation">{links("nav", "World news", "Sports news", "Weather")}</div>
<div class="article-wrap"><div class="breadcrumb"><a>News</a> &gt; <a>Harbours</a></div><h1>Harbour of Skarholm turns 290</h1><p class="standfirst">A small harbour celebrates with fireworks and herring.</p>
<div class="article-body">{p(0, 1)}<div class="ad-slot">Advertisement</div>{p(2)}<figure><img src="x" alt=""><figcaption>The lighthouse at dusk, seen from the ferry.</figcaption></figure><blockquote>We never thought it would last this long, said the harbour master.</blockquote>{p(3, 4)}</div>
<div class="related-articles"><h3>More on this story</h3>{links("", "Ferry company buys second ship", "Herring prices fall again")}</div>
<div class="newsletter-signup"><p>Sign up for our newsletter and never miss a story.</p></div></div>
<div class="footer">{links("", "Terms of use", "Privacy policy")}<p>© 2024 Skarholm Times</p></div><div class="gdpr-consent-overlay"><p>{COOKIE}</p></div>""",
    PARAGRAPHS
    + [
        "A small harbour celebrates",
        "We never thought it would last",
        "The lighthouse at dusk",
        "Harbour of Skarholm turns 290",
    ],
    [
        "Subscribe now",
        "World news",
        "Weather",
        "Advertisement",
        "More on this story",
        "Ferry company buys",
        "newsletter",
        "Terms of use",
        "© 2024",
        "cookies",
    ],
    title="Harbour of Skarholm turns 290 | Skarholm Times",
)
# 3 MediaWiki
page(
    "mediawiki",
    f"""<div id="mw-page-base"></div><div id="content" class="mw-body" role="main"><h1 id="firstHeading">Skarholm harbour</h1><div id="bodyContent"><div id="siteSub">From the free encyclopedia</div><a class="mw-jump-link" href="#mw-head">Jump to navigation</a>
<div id="mw-content-text"><div class="mw-parser-output"><table class="infobox"><tr><th>Founded</th><td>1734</td></tr><tr><th>Employees</th><td>120</td></tr></table>{p(0)}<div id="toc" class="toc" role="navigation"><h2>Contents</h2><ul><li><a href="#History">1 History</a></li><li><a href="#Traffic">2 Traffic</a></li></ul></div>
<h2><span class="mw-headline" id="History">History</span><span class="mw-editsection">[<a href="/e">edit</a>]</span></h2>{p(1, 2)}<h2><span class="mw-headline">Traffic</span></h2>{p(3)}<table class="wikitable"><tr><th>Year</th><th>Barrels</th></tr><tr><td>1886</td><td>7200</td></tr><tr><td>1887</td><td>9034</td></tr></table>{p(4)}</div></div>
<div id="catlinks" class="catlinks">Categories: <a href="/c">Harbours in Norway</a></div></div></div>
<div id="mw-navigation"><h2>Navigation menu</h2><div id="p-personal" role="navigation">{links("", "Create account", "Log in")}</div><div id="p-navigation" role="navigation">{links("", "Main page", "Random article", "Recent changes")}</div></div>
<div id="footer" role="contentinfo"><ul><li>This page was last edited on 3 March 2024.</li><li><a>Privacy policy</a></li></ul></div>""",
    PARAGRAPHS + ROWS + ["Founded: 1734.", "Employees: 120.", "## History", "## Traffic"],
    ["Jump to navigation", "Create account", "Random article", "Navigation menu", "Privacy policy", "1 History"],
)
# 4 Sphinx docs
page(
    "sphinx",
    f"""<div class="related" role="navigation"><h3>Navigation</h3><ul><li class="right"><a href="genindex">index</a></li><li><a href="#">Skarholm 1.0 documentation</a></li></ul></div>
<div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main"><section id="q"><h1>The harbour library<a class="headerlink" href="#q" title="Link to this heading">¶</a></h1>{p(0)}<div class="highlight"><pre>pip install harbour
harbour --open</pre></div>{p(1)}<dl class="py function"><dt class="sig">harbour.open(<em>name</em>, <em>depth=7</em>)<a class="headerlink" href="#x">¶</a></dt><dd><p>Open the harbour of that name at a given depth.</p></dd></dl>{p(2, 3, 4)}</section></div></div></div>
<div class="sphinxsidebar" role="navigation"><div class="sphinxsidebarwrapper"><h3>Table of contents</h3>{links("", "Installation of it", "Quick start of it")}<div id="searchbox"><h3>Quick search</h3></div></div></div></div>
<div class="footer">© Copyright 2024, Åsa. Created using Sphinx 7.</div>""",
    PARAGRAPHS + ["pip install harbour", "harbour.open", "Open the harbour of that name"],
    ["genindex", "1.0 documentation", "Table of contents", "Installation of it", "Quick search", "Created using"],
)
# 5 div soup
page(
    "soup",
    f"""<div class="css-1a2b"><div class="css-9x"><a href="/1">Home page</a><a href="/2">Our products</a><a href="/3">Contact us</a></div></div>
<div class="css-77"><div class="css-8f"><div class="css-1">The harbour of Skarholm</div><div class="css-2">{PARAGRAPHS[0]}</div><div class="css-2">{PARAGRAPHS[1]}</div><div class="css-2">{PARAGRAPHS[2]}</div><div class="css-2">{PARAGRAPHS[3]}</div><div class="css-2">{PARAGRAPHS[4]}</div></div></div>
<div class="css-foot"><div><a href="/t">Terms of use</a></div><div><a href="/p">Privacy policy</a></div><div>All rights reserved.</div></div><div class="css-cc"><div>{COOKIE}</div><button>Accept all</button></div>""",
    PARAGRAPHS,
    ["Our products", "Contact us", "Terms of use", "Privacy policy", "cookies", "Accept all"],
)
# 6 forum / Q&A
page(
    "answers",
    f"""<header class="s-topbar"><a href="/">Exchange of Sailors</a><nav>{links("", "Questions tab", "Tags tab")}</nav></header><div class="container"><div id="left-sidebar"><nav>{links("nav-links", "Home page", "Users list")}</nav></div>
<div id="content"><div id="question-header"><h1><a href="/q/1">How long is the breakwater of Skarholm?</a></h1></div><div id="mainbar"><div class="question"><div class="votecell"><button>Up vote</button><span>12</span></div><div class="post-text s-prose"><p>I want to sail to Skarholm in May and wonder about the breakwater. How long is it, and does it help against northern waves?</p></div><div class="user-info">asked by <a href="/u">Bo</a></div></div>
<div id="answers"><h2>2 Answers</h2><div class="answer"><div class="post-text s-prose">{p(2)}<p>So you are quite safe there, except in a southern gale.</p></div></div><div class="answer"><div class="post-text s-prose">{p(4)}{p(3)}</div></div></div></div>
<div id="sidebar"><div class="module"><h4>Hot network questions</h4>{links("", "Why do ropes shrink?", "Is tar poisonous?")}</div></div></div></div><footer id="footer">{links("", "About company", "Press contact")}</footer>""",
    [PARAGRAPHS[2], PARAGRAPHS[3], PARAGRAPHS[4], "I want to sail to Skarholm in May", "So you are quite safe there"],
    ["Questions tab", "Tags tab", "Users list", "Hot network questions", "Why do ropes shrink?", "About company"],
    title="How long is the breakwater of Skarholm? - Sailors",
)
# 7 gov service
page(
    "gov",
    f"""<a href="#main" class="govuk-skip-link">Skip to main content</a><div id="global-cookie-message" role="region" aria-label="cookies banner"><h2>Cookies on this site</h2><p>{COOKIE}</p><button>Accept additional cookies</button></div><header role="banner"><a href="/">Port authority</a></header>
<div class="govuk-width-container"><nav class="govuk-breadcrumbs" aria-label="Breadcrumb"><ol><li><a href="/">Home page</a></li><li><a href="/b">Boats and harbours</a></li></ol></nav><main id="main" role="main"><h1>Fees of the harbour</h1><p>You must pay before you leave.</p>{p(4)}<h2>What it costs</h2><table><caption>Fees by length of the boat</caption><thead><tr><th>Length</th><th>Fee</th></tr></thead><tbody><tr><td>Under 8 metres</td><td>12 euros</td></tr><tr><td>8 metres and more</td><td>19 euros</td></tr></tbody></table><h2>How to pay</h2><ol><li>Go to the office.</li><li>Show your papers.</li><li>Pay by card.</li></ol><p>Call 555 1234.</p>{p(0, 2)}</main></div>
<div class="gem-c-feedback"><h2>Is this page useful?</h2><button>Yes</button></div><footer role="contentinfo">{links("", "Accessibility statement", "Crown copyright")}</footer>""",
    [
        PARAGRAPHS[4],
        PARAGRAPHS[0],
        PARAGRAPHS[2],
        "You must pay before you leave.",
        "Call 555 1234.",
        "Length: Under 8 metres; Fee: 12 euros.",
        "Length: 8 metres and more; Fee: 19 euros.",
        "Go to the office.",
        "Show your papers.",
        "Pay by card.",
        "Fees by length of the boat",
    ],
    [
        "Skip to main",
        "ookies",
        "Port authority",
        "Boats and harbours",
        "Is this page useful",
        "Accessibility statement",
    ],
    title="Fees of the harbour",
)
# 8 shop
page(
    "shop",
    f"""<div id="nav-belt">{links("", "Your account", "Today's deals", "Customer service")}</div><div id="dp-container"><div id="breadcrumbs"><a>Boats</a> › <a>Ropes</a></div><h1 id="title">Hemp rope, 12 mm</h1><div id="price">24.90 euros</div><div id="featurebullets"><ul><li>Breaks at 900 kilograms</li><li>Does not shrink in salt water</li></ul></div><div id="productDescription"><h2>Description</h2><p>This rope is laid from three strands of Baltic hemp and was tarred by hand in Skarholm.</p><p>It is used on the ferries of the town, where it has to be replaced every fourth year only.</p></div>
<table id="specs"><tr><th>Weight</th><td>2.4 kg</td></tr><tr><th>Colour</th><td>brown</td></tr></table><div id="sims"><h2>Customers also bought</h2>{links("", "Anchor of iron", "Oil lamp of brass")}</div></div><div id="navFooter">{links("", "Investor relations", "Conditions of sale")}</div>""",
    [
        "Hemp rope, 12 mm",
        "24.90 euros",
        "Breaks at 900 kilograms",
        "Does not shrink",
        "This rope is laid",
        "It is used on the ferries",
        "Weight: 2.4 kg.",
        "Colour: brown.",
    ],
    ["Your account", "Customer service", "Customers also bought", "Anchor of iron", "Investor relations"],
    title="Hemp rope, 12 mm",
)
# 9 old table layout
page(
    "tables",
    f"""<table width="100%" border="0"><tr><td colspan="2"><a href="/">Home page</a> | <a href="/g">Guestbook</a> | <a href="/w">Webring</a></td></tr><tr><td width="150" valign="top"><a href="/a">About me</a><br><a href="/b">My boats</a><br><a href="/c">My links</a></td><td valign="top"><h2>The harbour of Skarholm</h2>{PARAGRAPHS[0]}<br><br>{PARAGRAPHS[1]}<br><br>{p(2)}{p(3)}{PARAGRAPHS[4]}</td></tr></table>""",
    PARAGRAPHS,
    ["Guestbook", "Webring", "My boats"],
)
# 10 company about
page(
    "company",
    f"""<header class="header-module"><nav>{links("", *MENU)}</nav></header><section class="hero"><h1>We repair boats</h1><p>Since 1954 in Skarholm.</p></section><section class="block"><h2>Our story</h2>{p(0, 1)}</section><section class="block"><h2>Our people</h2>{p(3)}<div class="team"><div class="card"><h3>Åsa Lind</h3><p>Master of the yard</p></div><div class="card"><h3>Bo Berg</h3><p>Sails and ropes</p></div></div></section><section class="block"><h2>Visit us</h2>{p(4)}<address>Quay 4, Skarholm</address></section><footer>{links("", "Imprint of it", "Privacy policy")}</footer><div class="cookie-banner"><p>{COOKIE}</p></div>""",
    [
        PARAGRAPHS[0],
        PARAGRAPHS[1],
        PARAGRAPHS[3],
        PARAGRAPHS[4],
        "Since 1954 in Skarholm.",
        "Master of the yard",
        "Sails and ropes",
        "Åsa Lind",
        "Quay 4, Skarholm",
    ],
    MENU + ["Imprint of it", "Privacy policy", "cookies"],
)
# 11 docusaurus-like / README on a code site
page(
    "readme",
    f"""<div class="header-wrapper"><header>{links("HeaderMenu", "Sign up free", "Pull requests", "Marketplace")}</header></div><main><div class="Layout"><nav class="UnderlineNav">{links("", "Code tab", "Issues tab")}</nav><div id="readme"><article class="markdown-body entry-content"><h1>harbour</h1><p>A tool that opens harbours.</p><h2>Install</h2><pre><code>pip install harbour</code></pre><h2>Use</h2>{p(0, 2)}<ul><li>It opens <code>quays</code>.</li><li>It closes them.</li></ul>{TABLE}{p(4)}</article></div><div class="Layout-sidebar"><h2>About</h2><p>Opens harbours</p>{links("", "Stars 12", "Forks 3")}</div></div></main><footer>{links("", "Terms", "Security status")}</footer>""",
    [
        PARAGRAPHS[0],
        PARAGRAPHS[2],
        PARAGRAPHS[4],
        "A tool that opens harbours.",
        "pip install harbour",
        "- It opens quays.",
        "- It closes them.",
    ]
    + ROWS,
    ["Sign up free", "Pull requests", "Issues tab", "Stars 12", "Security status"],
    title="skarholm/harbour",
)
# 12 recipe/comments page
page(
    "recipe",
    f"""<div class="site-nav"><a href="/">Recipes A to Z</a><a href="/v">Video recipes</a></div><article class="recipe"><h1>Herring of Skarholm</h1><div class="author">By Bo Berg</div><p>My grandmother pickled the herring on the first of May, whatever the weather, and nobody was allowed to help her.</p><h2>Ingredients</h2><ul><li>12 herrings</li><li>1 litre of vinegar</li><li>3 onions</li></ul><h2>Method</h2><ol><li>Clean the herrings and lay them in salt for a night.</li><li>Boil the vinegar with the onions and let it cool.</li><li>Pour it over and wait for a week.</li></ol><p>Serves six.</p></article><section id="comments"><h2>Comments</h2><div class="comment"><p>We made this for midsummer and it was gone in an hour, thank you!</p></div></section><div class="sidebar"><h3>Popular recipes</h3>{links("", "Waffles with jam", "Cinnamon buns")}</div><footer>{links("", "Jobs with us", "Advertise with us")}</footer>""",
    [
        "My grandmother pickled",
        "12 herrings",
        "1 litre of vinegar",
        "3 onions",
        "Clean the herrings",
        "Boil the vinegar",
        "Pour it over",
        "Serves six.",
    ],
    ["Recipes A to Z", "Video recipes", "Popular recipes", "Waffles with jam", "Jobs with us"],
    title="Herring of Skarholm",
)
