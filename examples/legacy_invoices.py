"""Code of twenty years that must stay as it is: it knows nothing of Camunda. 07_yaml_map.yaml makes a handler of it."""

import itertools


class EmptyOrder(Exception):
    pass


class Invoices:
    def __init__(self, series):
        self.series = series
        self.numbers = itertools.count(1)

    def write(self, order_id, lines, discount=0, rate=0.2):
        if not lines:
            raise EmptyOrder(f"order {order_id} has no lines")
        net = sum(line["net"] for line in lines) - discount
        return {"number": f"{self.series}-{next(self.numbers)}", "amounts": {"net": net, "gross": net * (1 + rate)}}


def open_invoices(series):
    return Invoices(series)
