def test_repeated_keys_succeeds(client):
    # Act
    response = client.post("/repeated-keys/?a=x&a=&a=y", {"b": ["1", "2"]})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"query": ["x", "", "y"], "form": ["1", "2"], "last": "2"}
