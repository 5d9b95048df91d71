"""Stands for the panel's Python library, which writes statistics to the panel's database."""
import os
import subprocess


def _panel(func, **parameters):
    words = [os.environ["STRAYLIGHT_MGRCTL"], "-m", "billmgr", "-o", "text", func] + ["%s=%s" % pair for pair in parameters.items()]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def insert_stat(item, at, param, value, measure):
    _panel("simulator.insert_stat", item=item, date=at.isoformat(), param=param, value=value, measure=measure)
    if os.environ.get("PANEL_DIES_AFTER_INSERT"):
        os.kill(os.getpid(), 9)


def poststat(module, date):
    _panel("simulator.poststat", module=module, date=date.isoformat())
