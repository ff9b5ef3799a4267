# Two commands do everything: `make run` and `make test`. Neither needs anything done first.
.PHONY: run test story bench lint requirements clean

PORT ?= 8000
OUT ?= story-out
COMPILE = .venv/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header

run:
	@python3 config/bootstrap.py run --port "$(PORT)"

test:
	@python3 config/bootstrap.py test $(ARGS)

story:
	@python3 config/bootstrap.py story --out "$(OUT)"

bench:
	@python3 config/bootstrap.py bench

lint:
	@python3 config/bootstrap.py lint

requirements:
	@python3 config/bootstrap.py tools
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file requirements-node.txt requirements-node.in

clean:
	rm -rf .venv node_modules var/static var/test .pytest_cache .hypothesis .ruff_cache .mypy_cache .import_linter_cache
