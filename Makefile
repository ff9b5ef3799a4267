# Two commands do everything: `make run` and `make test`. Neither needs anything done first.
.PHONY: run test story bench requirements clean

PORT ?= 8000
OUT ?= story-out

run:
	@python3 config/bootstrap.py run --port $(PORT)

test:
	@python3 config/bootstrap.py test $(ARGS)

story:
	@python3 config/bootstrap.py story --out $(OUT)

bench:
	@python3 config/bootstrap.py bench

requirements:
	.venv/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-header --output-file requirements.txt requirements.in
	.venv/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-header --output-file requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv node_modules var/static var/test .pytest_cache .hypothesis
