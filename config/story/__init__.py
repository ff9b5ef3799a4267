"""The Flex story as data and acts: what ``manage.py story`` plays and the tests begin from."""
