"""A small browser for journeys: cookies by host, forms by id, redirects followed one by one.

It sends what a real browser sends where it matters to us (Origin, Sec-Fetch-Site, Accept-Language)
and keeps every hop, so that a test can say what each one had to be.
"""
import http.client
import html.parser
import socket
import ssl
import urllib.parse


class Form:
    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.id = attributes.get("id", "")
        self.fields, self.buttons = [], []


class PageParser(html.parser.HTMLParser):
    """Forms with the values they carry, links, the title, the text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.frames, self.title, self.text = [], [], [], "", []
        self._form = self._select = self._area = None
        self._in_title = False
        self._skip = 0

    def handle_starttag(self, tag, attrs):
        a = {k: v if v is not None else "" for k, v in attrs}
        if tag == "title":
            self._in_title = True
        elif tag in ("style", "script"):
            self._skip += 1
        elif tag == "a" and "href" in a:
            self.links.append((a["href"], a.get("id", "")))
        elif tag == "iframe" and "src" in a:
            self.frames.append(a["src"])
        elif tag == "form":
            self._form = Form(a)
            self.forms.append(self._form)
        elif tag == "input" and self._form and a.get("name"):
            kind = a.get("type", "text")
            if kind in ("checkbox", "radio") and "checked" not in a:
                return
            if kind != "submit":
                self._form.fields.append([a["name"], a.get("value", "on" if kind == "checkbox" else "")])
        elif tag == "button" and self._form and a.get("name"):
            self._form.buttons.append((a["name"], a.get("value", "")))
        elif tag == "textarea" and self._form and a.get("name"):
            self._area = [a["name"], ""]
            self._form.fields.append(self._area)
        elif tag == "select" and self._form and a.get("name"):
            self._select = [a["name"], ""]
            self._form.fields.append(self._select)
        elif tag == "option" and self._select and "selected" in a:
            self._select[1] = a.get("value", "")

    def handle_endtag(self, tag):
        if tag == "title":
            self._in_title = False
        elif tag in ("style", "script"):
            self._skip -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data):
        if self._in_title:
            self.title += data
        elif self._area is not None:
            self._area[1] += data
        elif not self._skip:
            self.text.append(data)


class Page:
    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self._parsed = None

    @property
    def html(self):
        return self.body.decode("utf-8", "replace")

    def header(self, name, default=None):
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        return values[0] if values else default

    @property
    def parsed(self):
        if self._parsed is None:
            self._parsed = PageParser()
            self._parsed.feed(self.html)
        return self._parsed

    @property
    def text(self):
        return " ".join(" ".join(self.parsed.text).split())

    def form(self, containing):
        for form in self.parsed.forms:
            if containing in (form.id, form.action) or any(name == containing for name, _ in form.fields):
                return form
        raise AssertionError(f"{self.url}: no form with {containing!r}; page says: {self.text[:400]}")


class Browser:
    def __init__(self, ca=None, language="fr", timeout=15):
        self.cookies = {}                   # host -> {name: value}
        self.language, self.timeout = language, timeout
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.hops = []
        self._connections = {}

    def request(self, method, url, body=None, headers=None, origin=None):
        u = urllib.parse.urlsplit(url)
        target = (u.path or "/") + ("?" + u.query if u.query else "")
        h = {"Accept": "text/html", "Accept-Language": self.language, "User-Agent": "journey"}
        jar = self.cookies.setdefault(u.hostname, {})
        if jar:
            h["Cookie"] = "; ".join(f"{k}={v}" for k, v in jar.items())
        if method == "POST":
            h["Content-Type"] = "application/x-www-form-urlencoded"
            if origin:
                h["Origin"] = origin
                h["Sec-Fetch-Site"] = "same-origin" if origin == f"{u.scheme}://{u.netloc}" else "cross-site"
        h.update(headers or {})
        response, data = self._exchange(u, method, target, body, h)
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self._keep_cookie(jar, value)
        page = Page(url, response.status, response.getheaders(), data)
        self.hops.append(page)
        return page

    def _exchange(self, u, method, target, body, headers):
        for attempt in (0, 1):
            key = (u.scheme, u.netloc)
            connection = self._connections.get(key)
            fresh = connection is None
            if fresh:
                connection = self._connections[key] = self._connect(u)
            try:
                connection.request(method, target, body=body, headers=headers)
                response = connection.getresponse()
                data = response.read()
                if response.will_close:
                    connection.close()
                    self._connections.pop(key, None)
                return response, data
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                connection.close()
                self._connections.pop(key, None)
                if fresh or attempt:
                    raise

    def _connect(self, u):
        port = u.port or (443 if u.scheme == "https" else 80)
        if u.scheme == "https":
            connection = http.client.HTTPSConnection(u.hostname, port, timeout=self.timeout, context=self.context)
        else:
            connection = http.client.HTTPConnection(u.hostname, port, timeout=self.timeout)
        # Every name under .localhost is this machine, whatever the resolver thinks.
        connection._create_connection = lambda address, timeout=None, source=None: socket.create_connection(
            ("127.0.0.1", address[1]), timeout)
        return connection

    @staticmethod
    def _keep_cookie(jar, text):
        first, *attributes = [part.strip() for part in text.split(";")]
        name, _, value = first.partition("=")
        gone = any(a.lower() == "max-age=0" or a.lower().startswith("max-age=-") for a in attributes)
        if gone or value == "":
            jar.pop(name, None)
        else:
            jar[name] = value

    def follow(self, page, limit=12):
        while page.status in (302, 303, 307) and limit:
            limit -= 1
            page = self.request("GET", urllib.parse.urljoin(page.url, page.header("Location")))
        return page

    def get(self, url, follow=True, **kw):
        page = self.request("GET", url, **kw)
        return self.follow(page) if follow else page

    def submit(self, page, containing, values=None, follow=True, headers=None):
        """Send the form that has a field, the id or the action `containing`, as the page shows it, with `values` typed in."""
        form = page.form(containing)
        # Enter presses the first button.
        fields = [tuple(f) for f in form.fields] + form.buttons[:1]
        for name, value in (values or {}).items():
            fields = [f for f in fields if f[0] != name]
            if value is not None:
                fields.append((name, value))
        u = urllib.parse.urlsplit(page.url)
        url = urllib.parse.urljoin(page.url, form.action or page.url)
        data = urllib.parse.urlencode(fields)
        if form.method == "get":
            answer = self.request("GET", url + "?" + data, headers=headers)
        else:
            answer = self.request("POST", url, data.encode(), headers, origin=f"{u.scheme}://{u.netloc}")
        return self.follow(answer) if follow else answer
