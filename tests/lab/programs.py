"""Scenarios that real programs play: one function each."""
import os

from scenario import program


def static_site(stage, folder):
    """nginx over the site, on the scenario's own address."""
    stage.write('nginx.conf', '''
daemon off; worker_processes 1; pid nginx.pid; error_log nginx.err;
events { worker_connections 512; }
http {
    include /etc/nginx/mime.types; access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi; gzip on; keepalive_timeout 65;
    server { listen %s:80; root %s; autoindex on; }
}''' % (stage.address, folder))
    stage.serve('nginx', '-p', stage.folder, '-c', 'nginx.conf')


@program('downloads')
def curl_downloads(stage):
    """curl: whole files, ranges, HEAD, compressed, not modified."""
    static_site(stage, stage.site)
    pages = [name for name in sorted(os.listdir(stage.site)) if '.' in name]
    for number, kind in enumerate(([], ['-r', '0-999'], ['-I'], ['--compressed'], ['-z', 'now'], ['--http1.0']) * 20):
        page = pages[number % len(pages)]
        stage.client('curl', '-sS', '-o', '/dev/null', '--interface', stage.source(number), *kind, stage.url + page)
